// Keys, swipes and buttons move through the slides. N shows the notes, D dims the page.
const slides = [...document.querySelectorAll(".slide")];
const NOTES = 200; // height of the notes below a slide, as in slides.css
let at = 0;

function show(n) {
  at = Math.min(Math.max(n, 0), slides.length - 1);
  document.querySelectorAll("audio").forEach((audio) => audio.pause());
  slides.forEach((slide, i) => slide.classList.toggle("current", i === at));
  slides[at].focus({ preventScroll: true });
  history.replaceState(null, "", `#${at + 1}`);
}

function fit() {
  const height = document.body.classList.contains("with-notes") ? 720 + NOTES : 720;
  const scale = Math.min(innerWidth / 1280, innerHeight / height);
  document.body.style.setProperty("--scale", scale);
}

function theme(light) {
  document.documentElement.dataset.jpThemeLight = light;
}

const keys = {
  ArrowRight: () => show(at + 1), ArrowDown: () => show(at + 1), PageDown: () => show(at + 1),
  ArrowLeft: () => show(at - 1), ArrowUp: () => show(at - 1), PageUp: () => show(at - 1),
  Home: () => show(0), End: () => show(slides.length - 1),
  n: () => { document.body.classList.toggle("with-notes"); fit(); },
  d: () => theme(document.documentElement.dataset.jpThemeLight === "false"),
};
keys[" "] = keys.ArrowRight;

addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.metaKey || event.altKey;
  const plays = event.key === " " && event.target.closest?.("audio, button");
  const does = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (held || plays || !does) return;
  event.preventDefault(); // or a player that was just used would wind on
  event.stopPropagation();
  does();
}, true);

let start;
addEventListener("touchstart", (event) => {
  start = event.touches.length === 1 && !event.target.closest("audio") ? event.touches[0] : null;
}, { passive: true });
addEventListener("touchend", (event) => {
  if (!start) return;
  const [right, down] = ["clientX", "clientY"].map((axis) => event.changedTouches[0][axis] - start[axis]);
  if (Math.abs(right) > 50 && Math.abs(right) > 2 * Math.abs(down)) show(at + (right < 0 ? 1 : -1));
});

document.getElementById("back").onclick = () => show(at - 1);
document.getElementById("on").onclick = () => show(at + 1);
addEventListener("resize", fit);
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
addEventListener("beforeprint", () => theme(true));
fit();
show(Number(location.hash.slice(1)) - 1 || 0);
