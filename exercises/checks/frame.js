// In a frame: reports its height, and starting one player pauses the others.
const root = document.documentElement;
const report = () => parent.postMessage(root.offsetHeight, "*");
addEventListener("load", report);  // the observer sleeps as long as the frame is out of sight
new ResizeObserver(report).observe(root);
addEventListener("play", ({ target }) => {
  for (const one of document.querySelectorAll("audio, video")) if (one !== target) one.pause();
}, true);
