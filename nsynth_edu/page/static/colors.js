// Colours that Python's figures use as well.

const CORNERS = ["#3a78cf", "#ee9a34", "#27a890", "#b45cae"]; // NW NE SW SE
const CONES = [[0.3963377774, 0.2158037573], [-0.1055613458, -0.0638541728],
  [-0.0894841775, -1.291485548]]; // of OKLab's a and b
const LINEAR = [[4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]];

/** Of the i-th instrument in rows of `across`. Four colours are enough: no neighbours share one. */
export const cornerColor = (i, across = 2) =>
  CORNERS[2 * (Math.floor(i / across) % 2) + ((i % across) % 2)];

/** The colour of a phase, in radians, as [red, green, blue] up to 255.
 *
 * Hue goes round once in OKLCh; lightness falls from left to right, for colour-blind eyes.
 */
export function phaseColor(angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [lightness, chroma] = [0.7 - 0.13 * c, 0.13];
  const cones = CONES.map(([a, b]) => (lightness + chroma * (a * c + b * s)) ** 3);
  return LINEAR.map((weights) => {
    const light = Math.min(1, Math.max(0, weights.reduce((sum, w, i) => sum + w * cones[i], 0)));
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
  });
}
