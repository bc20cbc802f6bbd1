"""Chromium without a screen, driven through its DevTools protocol.

    with chromium.Browser() as browser, browser.page() as page:
        page.go("http://127.0.0.1:8080/")
        page.evaluate("document.title")

Nothing but the browser is needed: it takes commands from a pipe, each of them
an object of JSON with a NUL behind it (--remote-debugging-pipe).
"""

import base64
import contextlib
import json
import os
import select
import subprocess
import tempfile
import time

import harness

# A host that is not this machine by its name; browsers trust that one more.
NAME = "site.test"
# Nothing outside is looked up or asked. All pages are our own, so that there need
# be no sandbox, which root cannot have.
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--mute-audio",
    "--no-first-run",
    "--no-proxy-server",
    "--no-sandbox",
)


class Browser:
    """One Chromium with a profile of its own."""

    def __enter__(self):
        harness.need("chromium")
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(
                tempfile.TemporaryDirectory(
                    prefix="chromium-", ignore_cleanup_errors=True
                )
            )
            command = ["chromium", *_OPTIONS, f"--user-data-dir={profile}"]
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            # It reads from descriptor 3 and writes to 4.
            redirect = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'
            self._process = subprocess.Popen(
                ["sh", "-c", redirect, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                env={**os.environ, "HOME": profile},
            )
            stack.callback(self._end)
            self._last_id = 0
            self._received = b""
            self._sessions = {}
            self._answers = {}
            self.call("Browser.getVersion")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    @contextlib.contextmanager
    def page(self):
        """An empty page that shares no cache, cookies or passwords."""
        context = self.call("Target.createBrowserContext")
        try:
            target = self.call("Target.createTarget", url="about:blank", **context)
            attached = self.call("Target.attachToTarget", flatten=True, **target)
            session = attached["sessionId"]
            self._sessions[session] = page = Page(self, session)
            page.enable("Page", "Runtime", "Log", "Network", "DOM")
            page.call("Page.setLifecycleEventsEnabled", enabled=True)
            yield page
        finally:
            self.call("Target.disposeBrowserContext", **context)

    def send(self, method, session=None, **parameters):
        """Sends a command, and returns the number that its answer will have."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        return self._last_id

    def call(self, method, session=None, **parameters):
        """Sends a command, and returns what it yields."""
        number = self.send(method, session, **parameters)
        self.wait(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise AssertionError(f"{method} {parameters}: {answer['error']}")
        return answer["result"]

    def wait(self, condition, what):
        """Takes what the browser says until the condition is true."""
        deadline = time.monotonic() + harness.PATIENCE
        while not condition():
            while b"\0" not in self._received:
                self._receive(deadline, what)
            message, _, self._received = self._received.partition(b"\0")
            self._take(json.loads(message))

    def _receive(self, deadline, what):
        patience = max(0, deadline - time.monotonic())
        if not select.select([self._process.stdout], [], [], patience)[0]:
            raise AssertionError(f"Chromium keeps us waiting for {what}")
        piece = os.read(self._process.stdout.fileno(), 1 << 20)
        if not piece:
            self._errors.seek(0)
            raise AssertionError(f"Chromium has ended:\n{self._errors.read().decode()}")
        self._received += piece

    def _take(self, message):
        if "id" in message:
            self._answers[message["id"]] = message
        elif message.get("sessionId") in self._sessions:
            page = self._sessions[message["sessionId"]]
            page.take(message["method"], message["params"])

    def _end(self):
        with contextlib.suppress(OSError, AssertionError):
            self.send("Browser.close")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(harness.PATIENCE)
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Page:
    """A tab, and what has happened in it so far."""

    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self._reactions = {}
        self.events = []

    def enable(self, *domains):
        for domain in domains:
            self.call(f"{domain}.enable")

    def send(self, method, **parameters):
        self._browser.send(method, self._session, **parameters)

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def react(self, method, reaction):
        """Has `reaction` called with what each such event tells; it may `send`."""
        self._reactions[method] = reaction

    def take(self, method, told):
        self.events.append((method, told))
        self._reactions.get(method, lambda _: None)(told)

    def told(self, method, since=0):
        """What the events of this name have told."""
        return [told for name, told in self.events[since:] if name == method]

    def wait_for(self, method, since=0, **members):
        """Returns what the first such event tells, of those since `since`."""

        def find():
            told = self.told(method, since)
            return [event for event in told if event.items() >= members.items()]

        self._browser.wait(find, method)
        return find()[0]

    @contextlib.contextmanager
    def loading(self):
        """What is done inside makes the page load another document, or anew."""
        before = len(self.events)
        yield
        navigated = self.wait_for("Page.frameNavigated", before)
        self._wait_until_loaded(navigated["frame"]["loaderId"])

    def _wait_until_loaded(self, loader):
        self.wait_for("Page.lifecycleEvent", loaderId=loader, name="load")

    def go(self, url):
        """Goes there, as if the address had been typed."""
        navigated = self.call("Page.navigate", url=url)
        if "errorText" in navigated:
            raise AssertionError(f"{url}: {navigated['errorText']}")
        self._wait_until_loaded(navigated["loaderId"])

    def reload(self, ignore_cache=False):
        with self.loading():
            self.call("Page.reload", ignoreCache=ignore_cache)

    def click(self, selector):
        """Clicks the first such element, which leads to another document."""
        with self.loading():
            self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def look(self, width, scheme):
        """Makes the window so wide, and the system `light` or `dark`."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1}
        is_phone = width < 500
        self.call("Emulation.setDeviceMetricsOverride", mobile=is_phone, **metrics)
        wish = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[wish])

    def screenshot(self):
        """The whole page as a PNG."""
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(picture["data"])

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def choose_file(self, selector, path):
        """Has an <input type="file"> send this file."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)
        self.call("DOM.setFileInputFiles", files=[str(path)], **node)

    def evaluate(self, expression):
        """The value of an expression of JavaScript, or of its promise."""
        evaluated = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in evaluated:
            raise AssertionError(f"{expression}: {evaluated['exceptionDetails']}")
        return evaluated["result"].get("value")

    @property
    def text(self):
        return self.evaluate("document.body.innerText")

    @property
    def url(self):
        return self.evaluate("location.href")
