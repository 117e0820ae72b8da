// Elements of a page.

/** An element with a class, text or children, and properties or attributes. */
export function element(tag, className = "", content = [], properties = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...[content].flat());
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  return made;
}

export const button = (className, text = "", properties = {}) =>
  element("button", className, text, { type: "button", ...properties });
