// Chance that comes again with the same seed: a listener's order can be checked later.

export const drawSeed = () => crypto.getRandomValues(new Uint32Array(1))[0];

/** Numbers from 0 to 1 by the generator mulberry32 (T. Ettinger, public domain). */
export function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A list in another order, each order as likely as any other. */
export function shuffled(list, chance) {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(chance() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
