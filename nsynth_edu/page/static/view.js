// A view of a model: what it is made of, and how all of it ends.

import { element } from "./element.js";

/** Call functions on the model's events; returns the function that ends this. */
export function listen(model, calls) {
  for (const [events, call] of Object.entries(calls)) model.on(events, call);
  return () => Object.entries(calls).forEach(([events, call]) => model.off(events, call));
}

/** Keys belong to the controls, not to the notebook around them. */
function keepKeys(root) {
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  });
}

/** Show an explorer and keep it up to date; returns the function that ends it.
 *
 * `parts`: elements, or controls with a `row`. `calls`: {event: function}, each called once now.
 */
export function explorer({ model, el }, kind, label, parts, calls) {
  const rows = parts.map((part) => part.row ?? part);
  const root = element("section", `nse-explorer ${kind}`, rows, { "aria-label": label });
  keepKeys(root);
  const end = listen(model, calls);
  Object.values(calls).forEach((call) => call());
  el.append(root);
  return () => {
    end();
    parts.forEach((part) => part.end?.());
  };
}
