"""What a page does with a widget, without a browser: it sends messages over the widget's comm."""

import threading


def send(widget, content, *buffers):
    """Hand a message to a widget the way the page's `model.send(content, callbacks, buffers)` does.

    Args:
        widget: ipywidgets.Widget. content: dict. buffers: bytes-like.
    """
    data = {"method": "custom", "content": content}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": list(buffers)})


def threads(name):
    """The threads of this name that are alive."""
    return [thread for thread in threading.enumerate() if thread.name == name]
