// The start page with a camera: reads the QR code of a certificate and asks the
// service about what it holds. A link that was read is looked at by the service,
// and never followed by the browser.
//
// Pictures stay in this tab. The reader is the browser's own, or, if it has none,
// the one beside this script; it is loaded when the camera is first started.

const READER = new URL("../wasm/zxing-wasm-3.1.4/", import.meta.url);
const PAUSE = 120; // ms between two looks
const SIDE = 1280; // px of the longer side of what is looked at

const form = document.querySelector("#check");
const box = document.querySelector("#scan");

if (form) {
  drops(document.querySelector("#drop"));
}
if (form && box && navigator.mediaDevices?.getUserMedia) {
  camera();
}

// send asks about what was read: about a link openly, so that the address of the
// answer can be passed on; about a signed text, which holds a name, or together
// with a name, in the body of the request.
function send(text) {
  const { q, file, name, at } = form.elements;
  if (isSummary(text)) {
    // The code of another service brings its address along: what was signed says
    // whether it is the right one.
    const here = new URL("v", form.action);
    here.hash = text.startsWith(here.href + "#") ? text.slice(text.indexOf("#")) : text;
    here.search = new URL(form.action).search;
    location.assign(here);
    return;
  }
  q.value = text;
  if (file) {
    file.value = "";
  }
  if (!isLink(text) || name?.value) {
    form.requestSubmit();
    return;
  }
  const address = new URL(form.action);
  address.searchParams.set("q", text);
  if (at?.value) {
    address.searchParams.set("at", at.value);
  }
  location.assign(address);
}

// isSummary tells the second QR code of a paper, which is checked in this browser.
function isSummary(text) {
  return /^https?:\/\/[^\s\/?#]+(\/[^\s?#]*)?\/v\/?(\?[^\s#]*)?#[0-9]{24,}$/i.test(text);
}

function isLink(text) {
  return /^https?:\/\/[^\s/]+\/\S*$/i.test(text);
}

function isToken(text) {
  return /^[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}$/.test(text);
}

// drops takes a file that is let go over the field, which stands for the whole
// page: beside it the browser would leave the page and open the file.
function drops(field) {
  const input = form.elements.file;
  if (!field || !input) {
    return;
  }
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (holdsFile(event)) {
      event.preventDefault();
      field.classList.add("over");
    }
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) { // out of the window
      field.classList.remove("over");
    }
  });
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) {
      return;
    }
    event.preventDefault();
    field.classList.remove("over");
    if (event.dataTransfer.files.length === 0) {
      return; // a folder, or nothing
    }
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    form.elements.q.value = "";
    form.requestSubmit();
  });
}

// camera shows the part of the page that is for the camera, and works it.
function camera() {
  const start = box.querySelector("#scan-start");
  const stop = box.querySelector("#scan-stop");
  const video = box.querySelector("#scan-video");
  const status = box.querySelector("#scan-status");
  let running = null; // AbortController of the camera that is on

  const say = (what) => {
    status.textContent = box.dataset[what] ?? "";
  };
  const show = (on) => {
    const focused = box.contains(document.activeElement);
    start.hidden = on;
    stop.hidden = !on;
    video.hidden = !on;
    if (focused) {
      (on ? stop : start).focus();
    }
  };
  const end = (what) => {
    running?.abort();
    running = null;
    show(false);
    say(what);
  };

  start.addEventListener("click", async () => {
    end("starting");
    const mine = new AbortController();
    running = mine;
    show(true);
    try {
      const text = await scan(video, mine.signal, say);
      if (running === mine) {
        end("found");
        send(text);
      }
    } catch (error) {
      if (running === mine) {
        end(reason(error));
      }
    }
  });
  stop.addEventListener("click", () => end("stopped"));
  addEventListener("pagehide", () => end());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && running) {
      end("stopped");
    }
  });

  video.muted = true;
  video.playsInline = true;
  show(false);
  box.hidden = false;
}

// reason names the words for an error (W3C Media Capture §10.2).
function reason(error) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
    case "NotReadableError":
      return "unsupported";
  }
  console.error("scan:", error);
  return "unsupported";
}

// scan turns the camera on and returns the first text that may be a certificate.
// However it ends, the camera is off then.
async function scan(video, signal, say) {
  let stream;
  const off = () => {
    stream?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  signal.addEventListener("abort", off);
  try {
    const loading = reader();
    loading.catch(() => {}); // told below, unless the camera fails before
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    signal.throwIfAborted();
    video.srcObject = stream;
    await video.play();
    const read = await loading;
    signal.throwIfAborted();
    say("searching");
    for (let strange = ""; ;) {
      for (const text of video.videoWidth ? await read(video) : []) {
        if (isLink(text) || isToken(text)) {
          return text;
        }
        if (text !== strange) { // said once, however long it is held up
          strange = text;
          say("none");
        }
      }
      await new Promise((done) => setTimeout(done, PAUSE));
      signal.throwIfAborted();
    }
  } finally {
    off();
  }
}

// reader returns a function from the picture of a video to the texts of the QR
// codes in it.
async function reader() {
  const native = globalThis.BarcodeDetector;
  if (native && (await native.getSupportedFormats()).includes("qr_code")) {
    const detector = new native({ formats: ["qr_code"] });
    return async (video) => trimmed((await detector.detect(video)).map((code) => code.rawValue));
  }
  const { prepareZXingModule, readBarcodes } = await import(new URL("es/reader/index.js", READER));
  await prepareZXingModule({
    overrides: { locateFile: (name) => new URL("reader/" + name, READER).href },
    fireImmediately: true,
  });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    const codes = await readBarcodes(picture, { formats: ["QRCode"], textMode: "Plain", maxNumberOfSymbols: 4 });
    return trimmed(codes.map((code) => code.text));
  };
}

function trimmed(texts) {
  return texts.map((text) => text.trim()).filter((text) => text !== "");
}
