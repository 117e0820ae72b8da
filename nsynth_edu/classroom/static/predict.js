// A question with radio buttons; the guess goes to Python and is closed once it was answered.

function render({ model, el }) {
  const letters = "ABCDEFGH";
  const group = document.createElement("fieldset");
  group.className = "nse-predict";
  const legend = document.createElement("legend");
  const word = document.createElement("b");
  word.textContent = "Predict: ";
  legend.append(word, model.get("question"));
  group.append(legend);

  const name = `predict-${Math.random().toString(36).slice(2)}`;
  const inputs = model.get("options").map((option, i) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value: letters[i] });
    input.onchange = () => {
      model.set("answer", input.value);
      model.save_changes();
    };
    label.append(input, ` ${letters[i]}. ${option}`);
    group.append(label);
    return input;
  });
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  group.append(status);

  const update = () => {
    const answer = model.get("answer");
    const closed = model.get("closed");
    for (const input of inputs) {
      input.checked = input.value === answer;
      input.disabled = closed;
    }
    status.textContent = closed
      ? `Your guess was ${answer}; the answer is below.`
      : answer ? `Kept: ${answer}. You can still change it. Now run the next cell.` : "";
  };
  model.on("change:answer change:closed", update);
  el.append(group);
  update();
  return () => model.off("change:answer change:closed", update);
}

export default { render };
