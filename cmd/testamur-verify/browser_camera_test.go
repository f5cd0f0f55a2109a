package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skip2/go-qrcode"
)

// video writes a video of some frames in which the QR code of the text is held
// up to the camera, and returns its file. The form is YUV4MPEG2, which is plain:
// a line, then for each frame its luminance and two quarter-size planes of colour.
func video(t testing.TB, text string) string {
	t.Helper()
	const width, height, frames = 640, 480, 5
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	modules := code.Bitmap() // with its quiet zone
	scale := 400 / len(modules)
	if scale < 2 {
		t.Fatalf("a code of %d modules is too fine for the picture", len(modules))
	}
	left, top := (width-scale*len(modules))/2, (height-scale*len(modules))/2
	luminance := bytes.Repeat([]byte{180}, width*height) // a grey table
	for y, row := range modules {
		for x, dark := range row {
			shade := byte(225)
			if dark {
				shade = 30
			}
			for dy := range scale {
				line := luminance[(top+y*scale+dy)*width+left+x*scale:]
				copy(line[:scale], bytes.Repeat([]byte{shade}, scale))
			}
		}
	}
	path := filepath.Join(t.TempDir(), "camera.y4m")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420mpeg2\n", width, height)
	for range frames {
		fmt.Fprint(w, "FRAME\n")
		w.Write(luminance)
		w.Write(bytes.Repeat([]byte{128}, 2*(width/2)*(height/2))) // no colour
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// testCamera scans with the reader of our own, since Chromium has none here, and
// with one of the browser's.
func testCamera(t *testing.T, b *tab) {
	b.language(t, "en")
	b.show(t, 320, "light")
	words := func(name string) string { return eval[string](t, b, `document.querySelector("#scan").dataset.`+name) }
	status := func() string { return eval[string](t, b, `document.querySelector("#scan-status").textContent`) }
	focused := func() string { return eval[string](t, b, `document.activeElement.id`) }
	live := func() bool { return eval[bool](t, b, `[...window.tracks ?? []].some(t => t.readyState === "live")`) }
	start := func(t *testing.T, with string) {
		t.Helper()
		b.open(t, "/")
		if !eval[bool](t, b, `["#scan-start", "#scan-stop", "#scan-video"].map(s => document.querySelector(s).checkVisibility()).join() === "true,false,false"`) {
			t.Error("there must be a button that starts the camera, and nothing else of it")
		}
		eval[bool](t, b, `(() => {
			const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
			window.tracks = [];
			navigator.mediaDevices.getUserMedia = async (asked) => {
				const stream = await real(asked);
				window.tracks.push(...stream.getTracks());
				return stream;
			};
			`+with+`
			document.querySelector("#scan-start").focus();
			return true;
		})()`)
	}

	t.Run("OwnReader", func(t *testing.T) {
		start(t, "")
		if eval[bool](t, b, `"BarcodeDetector" in window`) {
			t.Fatal("this browser has a reader: it would not come to ours")
		}
		if asks := strings.Join(b.askedFor(), " "); strings.Contains(asks, "/wasm/") {
			t.Errorf("the reader is loaded before it is needed: %s", asks)
		}
		if b.load(t, press(" ")) != http.StatusOK || !b.verdict(t, "valid") {
			t.Error("what was scanned is not checked")
		}
		if asks := strings.Join(b.askedFor(), " "); !strings.Contains(asks, b.home+"/wasm/zxing-wasm-3.1.4/reader/zxing_reader.wasm") {
			t.Errorf("not read with our reader: %s", asks)
		}
		if at := eval[string](t, b, `location.href`); !strings.Contains(at, linkValid) {
			t.Errorf("scanning has led to %s", at)
		}
	})
	t.Run("BrowsersReader", func(t *testing.T) {
		start(t, `window.BarcodeDetector = class {
			static async getSupportedFormats() { return ["aztec", "qr_code"]; }
			async detect() { return [{rawValue: " `+b.home+"/c/"+linkForever+`"}]; }
		};`)
		b.load(t, press("\r"))
		if at := eval[string](t, b, `location.href`); !strings.Contains(at, linkForever) {
			t.Errorf("scanning has led to %s", at)
		}
	})
	t.Run("NoCertificate", func(t *testing.T) {
		start(t, `window.BarcodeDetector = class {
			static async getSupportedFormats() { return ["qr_code"]; }
			async detect() { return [{rawValue: "javascript:alert(1)"}, {rawValue: "4006381333931"}]; }
		};`)
		must(t, do(b, press(" ")))
		eventually(t, func() bool { return status() == words("none") })
		if focused() != "scan-stop" {
			t.Errorf("the focus is at %q", focused())
		}
		if !live() || !eval[bool](t, b, `document.querySelector("#scan-video").checkVisibility()`) {
			t.Error("the camera is off")
		}
		must(t, do(b, press(" "))) // stop
		if focused() != "scan-start" || live() || status() != words("stopped") {
			t.Errorf("stopped: focus at %q, camera on: %v, %q", focused(), live(), status())
		}
	})
	t.Run("Hidden", func(t *testing.T) {
		start(t, `window.BarcodeDetector = class {
			static async getSupportedFormats() { return ["qr_code"]; }
			async detect() { return []; }
		};`)
		must(t, do(b, press(" ")))
		eventually(t, func() bool { return status() == words("searching") })
		eval[bool](t, b, `(Object.defineProperty(document, "hidden", {value: true, configurable: true}), document.dispatchEvent(new Event("visibilitychange")), true)`)
		if live() || status() != words("stopped") {
			t.Errorf("the camera is on while nobody looks, %q", status())
		}
	})
	t.Run("StoppedWhileStarting", func(t *testing.T) {
		start(t, `const asked = navigator.mediaDevices.getUserMedia;
			navigator.mediaDevices.getUserMedia = async (what) => { const s = await asked(what); await new Promise(d => window.go = d); return s; };`)
		must(t, do(b, press(" ")))
		eventually(t, live)
		must(t, do(b, press(" ")))
		eval[bool](t, b, `(go(), true)`)
		eventually(t, func() bool { return !live() })
		if status() != words("stopped") || focused() != "scan-start" {
			t.Errorf("stopped: %q, focus at %q", status(), focused())
		}
	})
	t.Run("Denied", func(t *testing.T) {
		start(t, `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));`)
		must(t, do(b, press(" ")))
		eventually(t, func() bool { return status() == words("denied") })
	})
	t.Run("NoCamera", func(t *testing.T) {
		start(t, `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotFoundError"));`)
		must(t, do(b, press(" ")))
		eventually(t, func() bool { return status() == words("unsupported") })
	})
	b.quiet(t)
}

func eventually(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(pageTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Error("it has not come to that")
}
