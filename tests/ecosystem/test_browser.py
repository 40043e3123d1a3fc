"""The report's page in headless Chromium, in both colour schemes and at the widths of a phone and of a desktop."""

import html
import json
import re
import subprocess

import pages
import pytest
from libraries import program

PHONE, DESKTOP = 390, 1200  # CSS pixels
SCHEMES = {"dark": 0, "light": 1}  # as Blink numbers them

# This runs beside the page, which is in a frame, and leaves what it finds in the document, which Chromium prints.
LOOK = """
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, all = (s) => [...page.querySelectorAll(s)];
  const style = (element) => page.defaultView.getComputedStyle(element);
  const box = (element) => {
    const {left, right, top, bottom, width, height} = element.getBoundingClientRect();
    return {left, right, top, bottom, width, height};
  };
  const found = {
    width: page.documentElement.scrollWidth,
    background: style(page.body).backgroundColor,
    color: style(page.body).color,
    series: all("svg")[0] && [...Array(8).keys()].map((i) => style(page.body).getPropertyValue(`--c${i}`).trim()),
    pictures: all("figure svg").map((svg) => ({
      ...box(svg),
      scale: svg.getBoundingClientRect().width / svg.viewBox.baseVal.width,
      texts: [...svg.querySelectorAll("text")].map((text) => ({
        ...box(text), text: text.textContent, color: style(text).fill, size: parseFloat(style(text).fontSize),
      })),
    })),
    maths: all("math").map(box),
  };
  document.body.replaceChildren(JSON.stringify(found));
});
"""


@pytest.fixture(scope="module")
def page():
    return pages.page(pages.measured())


def look(folder, page, width, scheme):
    """Return what a browser makes of a page, and what it has to say on its console."""
    browser = program("chromium", "chromium-browser", "google-chrome")
    frame = f'<iframe style="border: 0" width={width} height=900 srcdoc="{html.escape(page)}"></iframe>'
    file = folder / "frame.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><script>{LOOK}</script><body>{frame}", "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"]
    options += [f"--user-data-dir={folder / 'user'}", f"--window-size={width + 100},1000"]
    options += [f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", "--dump-dom"]
    done = subprocess.run([browser, *options, file.as_uri()], capture_output=True, text=True, timeout=120)
    body = re.search(r"<body>(.*)</body>", done.stdout, re.S)
    assert body, done.stderr
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(body[1])), console


def luminance(color):
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    if color.startswith("#"):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    else:
        channels = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color, other):
    """Return the contrast of two colours, as WCAG 2 defines it."""
    less, more = sorted([luminance(color), luminance(other)])
    return (more + 0.05) / (less + 0.05)


def overlap(a, b):
    """Tell whether two boxes have more in common than an edge."""
    return min(a["right"], b["right"]) - max(a["left"], b["left"]) > 1 and (
        min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 1
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_browser_shows_the_page_as_it_should(page, width, scheme, tmp_path):
    found, console = look(tmp_path, page, width, scheme)
    assert console == []
    assert found["width"] == width, "the page scrolls sideways"
    assert len(found["pictures"]) == page.count("<svg")
    assert len(found["maths"]) == page.count("<math")
    assert all(box["width"] > 30 and box["height"] > 30 for box in found["maths"])
    assert (luminance(found["background"]) < 0.05) == (scheme == "dark")
    assert contrast(found["color"], found["background"]) > 7
    assert min(contrast(color, found["background"]) for color in found["series"]) > 3
    for picture in found["pictures"]:
        assert picture["width"] > 300
        assert picture["height"] > 200
        assert len(picture["texts"]) > 8
        for i, text in enumerate(picture["texts"]):
            assert text["size"] * picture["scale"] >= 12, text
            assert contrast(text["color"], found["background"]) > 4.5, text
            assert text["left"] > picture["left"] - 1, text
            assert text["right"] < picture["right"] + 1, text
            assert not [other["text"] for other in picture["texts"][:i] if overlap(text, other)], text


def test_the_browser_tells_of_errors_and_of_what_is_too_wide(tmp_path):
    broken = '<!doctype html><p style="width: 999px">wide<script>console.error("wrong"); nothing.there</script>'
    found, console = look(tmp_path, broken, PHONE, "light")
    assert len(console) == 2
    assert found["width"] > PHONE
