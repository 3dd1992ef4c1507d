"""Looking at a screenshot: is it a picture, of the right size, with something drawn where it should be?

The browser itself unpacks the PNG, so that no imaging library is needed.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, FloatRect

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of each rectangle: how many colours there are in it, and the share of pixels that are not its commonest colour.
_LOOK = """
async ({png, rectangles}) => {
    const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    return rectangles.map(({x, y, width, height}) => {
        const pixels = new Uint32Array(pen.getImageData(x, y, width, height).data.buffer);
        const seen = new Map();
        for (const pixel of pixels) seen.set(pixel, (seen.get(pixel) ?? 0) + 1);
        return {colours: seen.size, drawn: 1 - Math.max(...seen.values()) / pixels.length};
    });
}
"""


@dataclass(frozen=True)
class Region:
    """What one rectangle of a picture holds; `drawn` is the share of pixels that are not background."""

    colours: int
    drawn: float


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height as the PNG's header says them."""
    assert png.startswith(_SIGNATURE)
    assert png[12:16] == b"IHDR"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def look(browser: Browser, png: bytes, rectangles: Sequence[FloatRect]) -> list[Region]:
    """Return what the whole picture holds, then what each rectangle of it does."""
    width, height = size_of(png)
    wanted = [{"x": 0, "y": 0, "width": width, "height": height}]
    wanted += [
        {"x": int(one["x"]), "y": int(one["y"]), "width": int(one["width"]), "height": int(one["height"])}
        for one in rectangles
    ]
    page = browser.new_page()
    try:
        found = page.evaluate(_LOOK, {"png": base64.b64encode(png).decode(), "rectangles": wanted})
    finally:
        page.close()
    return [Region(one["colours"], one["drawn"]) for one in found]
