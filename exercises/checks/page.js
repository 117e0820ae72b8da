// In the page: fits the frames; links within the notebook lead nowhere but to places in the page.
addEventListener("message", ({ source, data }) => {
  for (const frame of document.querySelectorAll("iframe.shown"))
    if (frame.contentWindow === source) frame.style.height = `${Math.min(+data || 0, 8000)}px`;
});
addEventListener("click", (event) => {
  if (event.target.closest("#notebook-container a:not([href^='#'])")) event.preventDefault();
}, true);
