"""Drive an explorer on a page of JupyterLab, and read off what it shows."""


def shown(widget, name):
    """The read-out of that name."""
    return widget.locator(f"dd[data-name='{name}']").inner_text()


def wait_for(widget, name, text):
    """Until the read-out of that name holds the text."""
    cell = widget.locator(f"dd[data-name='{name}']")
    cell.filter(has_text=text).wait_for(timeout=5_000)


def failures(page):
    """What the cells that failed have said."""
    return page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.model.cells]"
        ".filter((cell) => cell.type === 'code').flatMap((cell) => cell.outputs.toJSON())"
        ".filter((output) => output.output_type === 'error').map((output) => output.evalue)"
    )


def press(page, key, times=1):
    """A key, several times."""
    for _ in range(times):
        page.keyboard.press(key)


def in_both_themes(page, widget, artifacts, name):
    """Screenshots of a widget in the dark and in the light theme, one path after another."""
    for theme in ("Dark", "Light"):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {theme}",
        )
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light",
            arg=f"{theme == 'Light'}".lower(),
        )
        page.wait_for_timeout(500)
        path = artifacts / f"{name}_{theme.lower()}.png"
        widget.screenshot(path=path)
        yield path
