#!/usr/bin/env python3
"""Opens pages that Linnet wrote in headless Chromium and fails at whatever a reader would trip over.

    python3 tools/check_page.py [--shots FOLDER] [--chromium FILE] PAGE.html ...

Each page is opened at 1280 and at 390 pixels wide, in light and in dark, and once for paper. Said is
  - an error or a warning on the console, a script that fails;
  - a request for anything but the page itself;
  - a picture that shows nothing;
  - what reaches beyond the window, but for what scrolls in a frame of its own; letters that a drawing cuts off;
  - a text whose contrast to what is below it is less than 4.5 (3 for large letters: WCAG 2.1, 1.4.3);
  - a map of pictures that says nothing where the pointer is, or keeps no picture that is clicked;
  - a chart whose points say nothing where the pointer is, or when they are clicked; a slider that changes nothing.
With --shots the whole page is kept as PNG in each form, and as PDF. Needs Python 3.8 and Chromium or Chrome,
nothing else; where there is none, it says so and ends with 77. Ends with 1 if anything was said.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
PAPER = 718  # CSS pixels between the margins of A4: 190 mm

LOOK = r"""
(() => {
  const found = [];
  const say = (what) => { if (found.length < 12) found.push(what); };
  const name = (e) => e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined && e.className ? "." + e.className : "");
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) say("the page is " + document.documentElement.scrollWidth + " wide, the window " + wide);
  const scrolls = (e) => {
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      const x = getComputedStyle(p).overflowX;
      if (x === "auto" || x === "scroll" || x === "hidden") return true;
    }
    return false;
  };
  const visible = (e) => {
    const s = getComputedStyle(e);
    return s.visibility !== "hidden" && s.display !== "none" && e.getClientRects().length > 0;
  };
  document.querySelectorAll("body *").forEach((e) => {
    if (e instanceof SVGElement || !visible(e)) return;
    const box = e.getBoundingClientRect();
    if ((box.right > wide + 1 || box.left < -1) && !scrolls(e)) say(name(e) + " reaches from " + Math.round(box.left) + " to " + Math.round(box.right));
    const s = getComputedStyle(e);
    if (s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1 && e.textContent.trim()) say(name(e) + " cuts its text off");
  });
  document.querySelectorAll("img").forEach((e) => {
    if (!e.complete || e.naturalWidth === 0) say("a picture shows nothing: " + e.alt);
    else if (visible(e) && e.getBoundingClientRect().width < 20 && e.naturalWidth >= 20) say("a picture is shown tiny: " + e.alt);
  });
  document.querySelectorAll("svg").forEach((svg) => {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) return;
    svg.querySelectorAll("text").forEach((t) => {
      const box = t.getBoundingClientRect();
      const cut = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom);
      if (cut > 1.5) say("letters are cut off: " + t.textContent);
    });
  });
  const levels = (color) => { const n = color.match(/[\d.]+/g); return n ? n.map(Number) : [0, 0, 0, 0]; };
  const over = (top, below) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map((i) => a * top[i] + (1 - a) * below[i]); };
  const light = (c) => { const l = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
  const below = (e) => {
    const layers = [];
    for (let p = e; p; p = p.parentElement) layers.push(levels(getComputedStyle(p).backgroundColor));
    const white = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reverse().reduce((c, l) => over(l, c), white);
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(e) || e.closest("script,style,title")) continue;
    if (e instanceof SVGElement && (e.closest(".count") || e.closest("title"))) continue; // lies on a color of its own
    const s = getComputedStyle(e), paint = e instanceof SVGElement ? s.fill : s.color;
    const ground = below(e instanceof SVGElement ? e.closest("svg").parentElement : e);
    const ink = over(levels(paint), ground);
    const a = light(ink), b = light(ground), contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const key = name(e) + paint;
    if (contrast < (large ? 3 : 4.5) && !seen.has(key)) {
      seen.add(key);
      say("contrast " + contrast.toFixed(2) + " of " + name(e) + ": " + walker.currentNode.textContent.trim().slice(0, 40));
    }
  }
  return found;
})()
"""



class Browser:
    """Speaks the DevTools protocol over a pair of pipes: JSON, each message ended by a zero byte."""

    def __init__(self, binary, profile):
        ours_out, theirs_in = os.pipe()
        theirs_out, ours_in = os.pipe()
        # Chromium reads from 3 and writes to 4.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" 3<&%d 4>&%d' % (theirs_out, theirs_in), "sh", binary, "--headless=new",
             "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--user-data-dir=" + profile, "about:blank"],
            pass_fds=(theirs_out, theirs_in), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_out)
        os.close(theirs_in)
        self.into, self.out = ours_in, ours_out
        self.buffer, self.number, self.events = b"", 0, []

    def read(self):
        while b"\0" not in self.buffer:
            some = os.read(self.out, 1 << 20)
            if not some:
                raise SystemExit("check_page: Chromium ended before it was asked to")
            self.buffer += some
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.into, data):]
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit("check_page: %s: %s" % (method, answer["error"].get("message")))
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        for event in self.events:
            if event.get("method") == method:
                return
        while True:
            event = self.read()
            self.events.append(event)
            if event.get("method") == method:
                return

    def close(self):
        try:
            self.ask("Browser.close")
            self.process.wait(20)
        except (SystemExit, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


class Page:
    """One page in one form."""

    def __init__(self, browser, url, width, scheme):
        self.browser, self.url, self.phone = browser, url, width < 600
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=844 if self.phone else 900,
                 deviceScaleFactor=1, mobile=self.phone)
        self.ask("Emulation.setTouchEmulationEnabled", enabled=self.phone)
        self.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.events.clear()
        self.ask("Page.navigate", url=url)
        browser.wait("Page.loadEventFired")
        self.settle()

    def ask(self, method, **params):
        return self.browser.ask(method, self.session, **params)

    def run(self, script):
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit("check_page: " + json.dumps(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    def settle(self):
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 250)))")

    def heard(self):
        """Complaints of the browser, and requests."""
        said = []
        for event in self.browser.events:
            method, p = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                details = p["exceptionDetails"]
                said.append("a script failed: " + details.get("exception", {}).get("description", details["text"]))
            elif method == "Runtime.consoleAPICalled" and p["type"] in ("error", "warning", "assert"):
                said.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in p["args"]))
            elif method == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
                said.append("console: " + p["entry"]["text"])
            elif method == "Network.requestWillBeSent":
                asked = p["request"]["url"]
                if asked.split("#")[0] != self.url and not asked.startswith(("data:", "blob:")):
                    said.append("asked for " + asked[:200])
        return said

    def point(self, x, y, click):
        if click and self.phone:
            self.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
            self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            return
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if click:
            for kind in ("mousePressed", "mouseReleased"):
                self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def maps(self):
        """Points at and clicks some pictures of each map."""
        said = []
        for i in range(self.run("document.querySelectorAll('.picture-map').length")):
            section = "document.querySelectorAll('.picture-map')[%d]" % i
            self.run(section + ".querySelector('.canvas').scrollIntoView({block: 'center'})")
            self.settle()
            before = self.run(section + ".querySelector('.detail').innerText")
            # Asked of the map itself, as the points are painted.
            places = self.run("""
                (() => {
                  const canvas = %s.querySelector(".canvas"), chart = echarts.getInstanceByDom(canvas);
                  const box = canvas.getBoundingClientRect(), points = chart.getOption().series[0].data;
                  const step = Math.max(1, Math.floor(points.length / 5));
                  return points.filter((p, i) => i %% step === 0).map((p) => {
                    const at = chart.convertToPixel({ gridIndex: 0 }, p.value.slice(0, 2));
                    return [box.left + at[0], box.top + at[1]];
                  });
                })()""" % section)
            spoke = kept = 0
            for x, y in places:
                self.point(x, y, click=False)
                self.settle()
                spoke += self.run("[...%s.querySelectorAll('.over')].some((e) => e.offsetParent !== null &&"
                                  " getComputedStyle(e.parentElement).visibility !== 'hidden')" % section)
                for _ in range(3):  # a finger that a busy machine moves slowly is no click
                    self.point(x, y, click=True)
                    self.settle()
                    now = self.run(section + ".querySelector('.detail').innerText")
                    if now != before and "nearest on this map" in now:
                        kept += 1
                        break
                before = now
            if spoke < len(places) / 2:
                said.append("the map says nothing where the pointer is")
            if kept < len(places) / 2:
                said.append("the map keeps no picture that is clicked")
            self.point(1, 1, click=False)
            said += self.controls(section)
        return said

    def controls(self, section):
        """Every choice of a list, the box, the button, and the first class."""
        return self.run("""
            (async () => {
              const said = [], section = %s;
              const drawn = () => [...section.querySelectorAll(".canvas canvas")].map((c) => c.toDataURL()).join();
              const wait = () => new Promise((done) => setTimeout(done, 150));
              for (const list of section.querySelectorAll(".controls select")) {
                const before = drawn();
                list.value = list.options[list.options.length - 1].value;
                list.dispatchEvent(new Event("change"));
                await wait();
                if (list.options.length > 1 && drawn() === before) said.push("a list of the map changes nothing");
                list.value = list.options[0].value;
                list.dispatchEvent(new Event("change"));
                await wait();
              }
              const chip = section.querySelector(".keys .key");
              if (chip) {
                const before = drawn();
                chip.click();
                await wait();
                if (drawn() === before) said.push("a class of the map changes nothing");
                section.querySelector(".keys .key").click();
                await wait();
              }
              return said;
            })()""" % section)

    def charts(self):
        """Points at and clicks some places of each chart."""
        said = []
        for i in range(self.run("document.querySelectorAll('.charts svg').length")):
            chart = "document.querySelectorAll('.charts svg')[%d]" % i
            count = self.run(chart + ".querySelectorAll('.spot').length")
            if count == 0:
                continue  # nothing is drawn in it that has a value
            for at in sorted({0, count // 2, count - 1}):
                spot = chart + ".querySelectorAll('.spot')[%d]" % at
                self.run(spot + ".scrollIntoView({block: 'center'})")
                place = self.run("(() => { const b = %s.querySelector('.hit').getBoundingClientRect();"
                                 " return [b.left + b.width / 2, b.top + b.height / 2]; })()" % spot)
                shown = ("[...%s.querySelectorAll('.said')].filter((e) =>"
                         " getComputedStyle(e).visibility === 'visible').length" % chart)
                if not self.phone:
                    self.point(*place, click=False)
                    if self.run(shown) == 0:
                        said.append("a point of a chart says nothing where the pointer is")
                self.point(*place, click=True)
                self.settle()
                if self.run(shown) == 0:
                    said.append("a point of a chart says nothing when it is clicked")
            self.run("document.activeElement && document.activeElement.blur()")
            self.point(1, 1, click=False)
        return said

    def tips(self):
        """Points of a trade-off, and the slider over heatmaps."""
        said = []
        count = self.run("document.querySelectorAll('a.point').length")
        for at in sorted({0, count // 2, count - 1}) if count else []:
            tip = "document.querySelectorAll('a.point')[%d]" % at
            self.run(tip + ".scrollIntoView({block: 'center', inline: 'center'})")
            place = self.run("(() => { const b = %s.getBoundingClientRect(); return [b.left + b.width / 2,"
                             " b.top + b.height / 2]; })()" % tip)
            self.point(*place, click=self.phone)
            self.settle()
            if not self.run("[...document.querySelectorAll('.tip')].some((e) => e.offsetParent !== null)"):
                said.append("a point says nothing where the pointer is")
        if self.run("document.querySelectorAll('.slider input').length"):
            heat = "getComputedStyle(document.querySelector('.heat')).opacity"
            before = self.run(heat)
            self.run("(() => { const s = document.querySelector('.slider input'); s.value = s.max;"
                     " s.dispatchEvent(new Event('input', {bubbles: true})); })()")
            if self.run(heat) == before:
                said.append("the slider changes nothing")
        return said

    def shot(self, file):
        self.run("scrollTo(0, 0)")
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        file.write_bytes(base64.b64decode(data))

    def paper(self, file):
        """What overflows on paper; and a PDF."""
        self.ask("Emulation.setDeviceMetricsOverride", width=PAPER, height=1000, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", media="print", features=[])
        self.settle()
        said = self.run(LOOK)
        data = base64.b64decode(self.ask("Page.printToPDF", printBackground=False)["data"])
        if not data.startswith(b"%PDF"):
            said.append("cannot be printed")
        if file:
            file.write_bytes(data)
            self.shot(file.with_name(file.stem + "-paper.png"))
        return said

    def close(self):
        self.browser.ask("Target.closeTarget", targetId=self.target)


def check(browser, path, shots):
    said = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = Page(browser, path.resolve().as_uri(), width, scheme)
            form = "%d, %s: " % (width, scheme)
            what = page.run(LOOK)
            if shots:
                page.shot(shots / ("%s-%d-%s.png" % (path.stem, width, scheme)))
            what += page.maps() + page.charts() + page.tips()
            what += page.heard()
            said += [form + line for line in dict.fromkeys(what)]
            page.close()
    page = Page(browser, path.resolve().as_uri(), WIDTHS[0], "dark")
    paper = page.paper(shots / (path.stem + ".pdf") if shots else None)
    said += ["paper: " + line for line in dict.fromkeys(paper)]
    page.close()
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=pathlib.Path, metavar="PAGE.html")
    parser.add_argument("--shots", type=pathlib.Path, metavar="FOLDER", help="keep screenshots and a PDF here")
    parser.add_argument("--chromium", metavar="FILE", help="the browser; default: the first on the path of " + ", ".join(NAMES))
    options = parser.parse_args()
    binary = options.chromium or next((found for found in map(shutil.which, NAMES) if found), None)
    if not binary:
        print("check_page: skipped, there is no Chromium; name one by --chromium FILE", file=sys.stderr)
        return 77
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    bad = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(binary, profile)
        try:
            for path in options.pages:
                begin = time.time()
                said = check(browser, path, options.shots)
                bad += len(said)
                for line in said:
                    print("%s: %s" % (path, line))
                print("%s: %s, %.2f MB, looked at in %.0f s" % (
                    path, "%d complaints" % len(said) if said else "nothing to complain about",
                    path.stat().st_size / 1e6, time.time() - begin))
        finally:
            browser.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
