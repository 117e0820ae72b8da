// Places between 0 and 1, and the pixels they are at.

export const within = (value) => Math.min(1, Math.max(0, value));
export const hundredths = (value) => Math.round(value * 100) / 100;

/** The pixel of a place, `margin` pixels being left free at both ends. */
export const toPixel = (place, size, margin) => margin + place * (size - 2 * margin);
export const toPlace = (pixel, size, margin) => (pixel - margin) / (size - 2 * margin);
