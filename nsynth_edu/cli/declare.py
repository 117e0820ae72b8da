"""What every command is declared with: its place, its description, its output."""


def add_commands(parent):
    """Make room for commands; one of them has to be given."""
    return parent.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_described(commands, name, what):
    """Add a command that has commands of its own."""
    return commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")


def add_command(commands, name, run, what):
    """Add a command that calls run(arguments)."""
    new = add_described(commands, name, what)
    new.set_defaults(run=run)
    return new


def add_output(command, name):
    """Add -o; a name without a dot is a folder."""
    kind = "file" if "." in name else "folder"
    command.add_argument("-o", "--output", required=True, metavar=name, help=f"{kind} to write")
