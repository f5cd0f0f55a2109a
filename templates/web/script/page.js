// What a page can do for its reader beside showing itself: put its address on the
// clipboard, and print. The buttons are hidden until they can be used; whatever
// they do can also be done without them.

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

// copy copies data-copy, or else the address of the page, and says so in the
// element that aria-describedby names: data-copied, or data-failed.
async function copy(button) {
  const status = document.getElementById(button.getAttribute("aria-describedby"));
  let words = button.dataset.copied;
  try {
    await navigator.clipboard.writeText(button.dataset.copy || location.href);
  } catch {
    words = button.dataset.failed;
  }
  if (status) {
    status.textContent = words ?? "";
  }
}
