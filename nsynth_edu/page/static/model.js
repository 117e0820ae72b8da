// A model without Python: it answers a view as a widget's model in the notebook does.

/** `save_changes` calls `saved`; `emit(event)` calls the listeners of an event. */
export function localModel(state, saved = () => {}) {
  const listeners = {};
  const each = (events, act) => events.split(" ").forEach(act);
  const emit = (event) => listeners[event]?.forEach((call) => call());
  return {
    get: (key) => state[key],
    set: (key, value) => {
      const news = Object(key) === key ? key : { [key]: value };
      Object.assign(state, news);
      Object.keys(news).forEach((one) => emit(`change:${one}`));
    },
    save_changes: saved,
    on: (events, call) => each(events, (one) => (listeners[one] ??= new Set()).add(call)),
    off: (events, call) => each(events, (one) => listeners[one]?.delete(call)),
    emit,
  };
}
