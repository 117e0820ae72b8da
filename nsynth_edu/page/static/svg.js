// Drawings.

export function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function svgText(x, y, words, anchor = "start", kind = "") {
  const made = svg("text", { x, y, "text-anchor": anchor, class: kind });
  made.textContent = words;
  return made;
}

/** An empty drawing in a frame: `draw(height, label, parts)` fills it. */
export function drawing(width) {
  const picture = svg("svg", { role: "img" });
  const row = document.createElement("div");
  row.className = "picture";
  row.append(picture);
  const draw = (height, label, parts) => {
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("aria-label", label);
    picture.replaceChildren(...parts);
  };
  return { row, draw };
}
