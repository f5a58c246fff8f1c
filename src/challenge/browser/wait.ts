/**
 * The script of the waiting page: opens it again when it said it would, unless its reader wants it to stay (WCAG 2.2.1: whoever
 * reads slowly, or hears the page read out, must be able to turn that off).
 */

const status = document.getElementById("shield-wait");
const stay = document.getElementById("shield-stay");
const seconds = Number(status?.dataset.seconds);

if (status && stay && seconds > 0) {
  // The document came by GET: a reload sends nothing again, and takes this page's place in the history.
  const timer = setTimeout(() => location.reload(), seconds * 1_000);
  stay.hidden = false;
  stay.addEventListener("click", () => {
    clearTimeout(timer);
    status.textContent = status.dataset.stays ?? "";
    // It must not vanish under the keyboard: what is left to do is beside it.
    document.getElementById("shield-now")?.focus();
    stay.hidden = true;
  });
}

// A module, so that its names are its own.
export {};
