// A take: which note sounded where on a plane, and when, for Python to play again.

import { button } from "./element.js";

const APART = 0.016; // s between two rows of a hand that only moves
const [RECORD, END] = ["Record a take", "End the take"];

/** A button that begins and ends a take, kept by the model as rows [s, MIDI note or -1, x, y].
 *
 * `mark(note, place)` says what sounds where from now on; `say` tells how a take ended.
 */
export function taker(model, say) {
  const row = button("take", RECORD, { hidden: model.get("take") === undefined });
  let here = [-1, 0, 0];
  let begin;
  let rows;
  const add = () => rows.push([(performance.now() - begin) / 1000, ...here]);
  const mark = (note, { x, y }) => {
    const last = here;
    here = [note, x, y];
    if (!rows || here.every((value, i) => value === last[i])) return;
    const moved = note === last[0] && performance.now() - begin < 1000 * (rows.at(-1)[0] + APART);
    if (!moved) add();
  };
  row.onclick = () => {
    row.textContent = rows ? RECORD : END;
    if (!rows) {
      [begin, rows] = [performance.now(), []];
      add();
      return;
    }
    here[0] = -1;
    add();
    const notes = rows.filter(([, note], i) => note >= 0 && note !== rows[i - 1]?.[1]).length;
    model.set("take", rows);
    model.save_changes();
    say(`Taken: ${notes} note${notes === 1 ? "" : "s"}, ${rows.at(-1)[0].toFixed(1)} s.`);
    rows = undefined;
  };
  return { row, mark };
}
