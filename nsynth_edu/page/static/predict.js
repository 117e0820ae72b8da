// A question with radio buttons; Python keeps the guess, and closes the question once answered.

import { choice } from "./controls.js";
import { element } from "./element.js";
import { listen } from "./view.js";

const LETTERS = "ABCDEFGH";

export function render({ model, el }) {
  const question = [element("b", "", "Predict: "), model.get("question")];
  const options = model.get("options").map((option, i) => [LETTERS[i], ` ${LETTERS[i]}. ${option}`]);
  const guess = choice(model, "answer", question, options, "nse-predict");
  const status = element("p", "", "", { role: "status" });
  guess.row.append(status);
  const update = () => {
    const [answer, closed] = [model.get("answer"), model.get("closed")];
    for (const input of guess.inputs) input.disabled = closed;
    status.textContent = closed
      ? `Your guess was ${answer}; the answer is below.`
      : answer ? `Kept: ${answer}. You can still change it. Now run the next cell.` : "";
  };
  const end = listen(model, { "change:answer change:closed": update });
  update();
  el.append(guess.row);
  return () => {
    end();
    guess.end();
  };
}
