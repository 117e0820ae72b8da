// Listening tests in a page without Python: an exported notebook, or a page of their own.

import { render } from "./listening.js";
import { localModel } from "./model.js";

for (const place of document.querySelectorAll(".nse-listening-test:not([data-shown])")) {
  const about = JSON.parse(place.querySelector("script").textContent);
  const bytes = Uint8Array.from(atob(about.sounds), (sign) => sign.charCodeAt(0));
  place.dataset.shown = "true";
  place.replaceChildren(); // what is written there for pages without scripts
  render({ model: localModel({ ...about, sounds: new DataView(bytes.buffer) }), el: place });
}
