// What every live pad shows: a square between four names, a meter, a level.

import { cornerColor } from "./colors.js";
import { element } from "./element.js";
import { padOf } from "./pad.js";

const HELP = "Drag, or use the arrow keys (with Shift: small steps). Space starts and stops, the " +
  "letters A W S E D F T G Y H U J change the note.";

/** How much of each corner a place holds. */
export const weights = ({ x, y }) => [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];

export function livePad(names, piano, level) {
  const colors = names.map((_, i) => cornerColor(i));
  const view = padOf("live-pad", { role: "application", "aria-roledescription": "live sound pad",
    "aria-label": `Live pad between ${names.join(", ")}` }, colors, HELP, piano);
  view.surface.style.background = colors.map((color, i) => "radial-gradient(circle at " +
    `${i % 2 ? 100 : 0}% ${i > 1 ? 100 : 0}%, ${color}, ${color}00 75%)`).join(",");
  view.chips.forEach((chip, i) => chip.classList.add(["nw", "ne", "sw", "se"][i]));
  const ring = element("div", "ring");
  const meter = element("p", "help meter");
  const below = element("div", "below");
  view.surface.prepend(ring);
  level.row.className = "level";
  view.panel.append(view.play, level.row, piano.row, view.help, meter, view.live);
  view.root.append(below);
  return { ...view, ring, meter, below };
}
