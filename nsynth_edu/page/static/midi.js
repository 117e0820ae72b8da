// A MIDI keyboard that plays notes, asked for with a button.

import { button } from "./element.js";

export function midiButton(press, release) {
  const row = button("midi", "Use a MIDI keyboard", { hidden: !navigator.requestMIDIAccess });
  let inputs = [];
  const play = ({ data: [kind, midi, velocity] }) => {
    if ((kind & 0xf0) === 0x90 && velocity) press(midi);
    else if ((kind & 0xe0) === 0x80) release(midi); // note off, or note on without velocity
  };
  row.onclick = async () => {
    try {
      inputs = [...(await navigator.requestMIDIAccess()).inputs.values()];
      inputs.forEach((input) => input.addEventListener("midimessage", play));
      row.textContent = inputs.length
        ? `MIDI: ${inputs.map((input) => input.name).join(", ")}`
        : "No MIDI keyboard found: plug one in, then click again";
    } catch (problem) {
      row.textContent = `The browser allows no MIDI here (${problem.name})`;
    }
  };
  return { row, end: () => inputs.forEach((input) => input.removeEventListener("midimessage", play)) };
}
