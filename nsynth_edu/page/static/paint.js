// The picture of a plane, and of the sound that leaves it.

import { latest } from "./audio.js";
import { cornerColor } from "./colors.js";
import { toPixel } from "./numbers.js";
import { gains } from "./points.js";

// px from the edges to the outermost points: room for the names
export const SIDE = 20;
export const ENDS = 42;
const DENSE = 7; // px between two points; below, dots would be a mesh

/** A dot per point, larger where it is louder, and a ring at the place. */
export function paint(canvas, points, place, sounding) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  if (!canvas.width || !canvas.height) return; // not on the page yet
  const ink = canvas.getContext("2d");
  if (points.colors?.width !== canvas.width || points.colors.height !== canvas.height) {
    points.colors = colorsOf(points, canvas.width, canvas.height);
  }
  ink.drawImage(points.colors, 0, 0);
  ink.scale(ratio, ratio);
  const at = (x, y) => [toPixel(x, width, SIDE),
    points.rows > 1 ? toPixel(y, height, ENDS) : 0.62 * height];
  const here = at(place.x, place.y);
  const dense = (width - 2 * SIDE) / points.columns < DENSE; // then only instruments are drawn
  const step = dense ? (points.columns - 1) / (points.across - 1) : 1;
  gains(points, place).forEach((gain, i) => {
    const [column, row] = [i % points.columns, Math.floor(i / points.columns)];
    if (!gain && (column % step || row % step)) return;
    const y = points.rows > 1 ? row / (points.rows - 1) : 0.5;
    dot(ink, at(column / (points.columns - 1), y), gain, here);
  });
  ring(ink, here, sounding);
}

/** A point, and a line from it to the place where it is heard. */
function dot(ink, [x, y], gain, here) {
  if (gain > 0) {
    ink.strokeStyle = `rgba(255, 255, 255, ${0.25 + 0.75 * gain})`;
    ink.lineWidth = 2;
    ink.beginPath();
    ink.moveTo(x, y);
    ink.lineTo(...here);
    ink.stroke();
  }
  ink.fillStyle = gain > 0 ? "#fff" : "rgba(255, 255, 255, 0.55)";
  ink.beginPath();
  ink.arc(x, y, 2.5 + 4 * gain, 0, 7);
  ink.fill();
}

function ring(ink, here, filled) {
  ink.beginPath();
  ink.arc(...here, 11, 0, 7);
  if (filled) {
    ink.fillStyle = "#fff";
    ink.fill();
  }
  for (const [color, line] of [["#111", 6], ["#fff", 3]]) {
    ink.strokeStyle = color;
    ink.lineWidth = line;
    ink.stroke();
  }
}

/** The instruments' colours, flowing into each other: bilinear, fades across times fades down. */
function colorsOf({ rows, down, across }, width, height) {
  const ink = new OffscreenCanvas(width, height).getContext("2d");
  ink.globalCompositeOperation = "lighter";
  for (let i = 0; i < down * across; i++) {
    const color = cornerColor(i, across);
    const layer = new OffscreenCanvas(width, height).getContext("2d");
    const fade = (x1, y1, own, last) => { // full at its own place, gone at its neighbours'
      const ramp = layer.createLinearGradient(0, 0, x1, y1);
      for (const place of [own - 1, own, own + 1].filter((at) => at >= 0 && at <= last)) {
        ramp.addColorStop(place / last, `${color}${place === own ? "" : "00"}`);
      }
      layer.fillStyle = ramp;
      layer.fillRect(0, 0, width, height);
      layer.globalCompositeOperation = "destination-in";
    };
    fade(width, 0, i % across, across - 1);
    if (rows > 1) fade(0, height, Math.floor(i / across), down - 1);
    ink.drawImage(layer.canvas, 0, 0);
  }
  return ink.canvas;
}

/** What is sounding, as a line. */
export function trace(canvas, analyser) {
  const ink = canvas.getContext("2d");
  const samples = analyser ? latest(analyser) : new Float32Array(2);
  ink.clearRect(0, 0, canvas.width, canvas.height);
  ink.strokeStyle = getComputedStyle(canvas).color;
  ink.lineWidth = 2;
  ink.beginPath();
  samples.forEach((sample, i) => ink.lineTo(
    (i / (samples.length - 1)) * canvas.width, (0.5 - 0.48 * sample) * canvas.height));
  ink.stroke();
}
