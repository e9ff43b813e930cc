"""A screen as a picture: status line, glass, x axis and channel boxes, painted without a browser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from PIL import Image, ImageDraw

from app.api.boxes import arranged, paint_box
from app.api.glass import Pane, bands
from app.api.lettering import width, write
from app.scope import channel
from app.scope.frame import Frame
from app.scope.palette import Colours, Theme
from app.scope.readouts import State

LAMPS = {"WAIT": "wait", "READY": "wait", "STOP": "stop", "HISTORY": "accent"}  # else: run
NAME = "Web Oscilloscope"
NO_CHANNELS = "No channels yet: POST samples to /data"
USUAL = (1280, 720)  # px: the size at which everything is as large as on the page
LEAST, MOST = 0.75, 3.0  # times that size: so small and so large letters may be
STATUS, AXIS, MARGIN, GUTTER = 40, 22, 12, 30  # px at the usual size
PULSE = ((0, 7), (5, 7), (8, 1), (12, 13), (15, 4), (17, 7), (23, 7))  # the logo
MADE = {
    "acquisition": "",
    "xy": "XY",
    "spectrogram": "SG",
}  # readouts that say what a picture is of, and a word before them
ROOMY = 900  # px at the usual size: as wide as a picture with the name is at least
FINE = 4  # times larger: how signs are painted before they are reduced

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where everything is, px."""

    width: int
    height: int
    scale: float
    left: int
    top: int
    pane: Pane
    footer: int  # height of the channel boxes
    theme: Theme

    @classmethod
    def of(cls, size: tuple[int, int], footer: int, scale: float, theme: Theme) -> Sheet:
        left, right, above = round(GUTTER * scale), round(MARGIN * scale), round((STATUS + MARGIN) * scale)
        height = size[1] - above - round(AXIS * scale) - footer
        return cls(*size, scale, left, above, Pane(size[0] - left - right, height, scale), footer, theme)

    def px(self, usual: float) -> int:
        return round(usual * self.scale)

    @property
    def bottom(self) -> int:
        return self.top + self.pane.height


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on a screen: its frame, what belongs to each trace by slot, and the readouts.

    now      Unix seconds
    colours  legend and boxes say the place of each channel among them
    """

    frame: Frame
    legend: Mapping[int, State]
    readouts: State
    now: float
    colours: Colours

    def colour(self, slot: int) -> str:
        """Of a trace."""
        return self.colours.traces[cast(int, self.legend.get(slot, {}).get("place", slot))]

    @property
    def boxes(self) -> list[State]:
        """The boxes of the channels that are drawn, in the order of their numbers."""
        drawn = {trace.channel for trace in self.frame.signals.values()}
        found = cast(Sequence[State], self.readouts["channels"])
        return sorted((box for box in found if box["name"] in drawn), key=place)


def place(box: State) -> tuple[int, str]:
    """Where a box stands in the row: those of derived channels at its end."""
    number = str(box["number"])
    return (int(number), "") if number.isdigit() else (1 << 16, number)


def paint(image: Image.Image, shown: Shown) -> Iterator[None]:
    """Paint a screen; others may have the processor in between.

    image  RGB, of any size from 320 x 240 px
    """
    size = image.size
    scale = min(max(min(size[0] / USUAL[0], size[1] / USUAL[1]), LEAST), MOST)
    boxes = arranged(shown.boxes, size, scale)
    sheet = Sheet.of(size, boxes.height, scale, shown.colours.theme)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, *size), sheet.theme.background)
    status(draw, image, sheet, shown)
    yield
    for top, band in bands(sheet.pane, shown.frame, shown.legend, shown.colours):
        image.paste(band, (sheet.left, sheet.top + top))
        yield
    surround(draw, image, sheet, shown)
    yield
    footer(draw, sheet, shown)
    for place, box in boxes.placed:
        paint_box(draw, place, box, scale, shown.colours)
        yield
    if boxes.left_out:
        at = (size[0] - sheet.px(8), size[1] - boxes.height // 2)
        write(draw, at, f"+{boxes.left_out}", sheet.px(13), sheet.theme.dim, side="right")
    yield


def status(draw: ImageDraw.ImageDraw, image: Image.Image, sheet: Sheet, shown: Shown) -> None:
    """The line at the top: logo, lamp, timebase, rate, samples, time; what has no room is left out."""
    px = sheet.px
    height, middle = px(STATUS), px(STATUS) / 2 - 0.5
    draw.rectangle((0, 0, sheet.width, height - 1), fill=sheet.theme.surface)
    draw.rectangle((0, height - max(1, px(1)), sheet.width, height - 1), fill=sheet.theme.line)
    clock = datetime.fromtimestamp(shown.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    stop = sheet.width - px(12) - width(clock, px(13))
    begin = logo(draw, image, sheet, shown) if sheet.width >= ROOMY * sheet.scale else px(12)
    x: float = lamp(draw, begin, middle, sheet, shown)
    for word, figure in figures(shown.readouts):
        long = width(word, px(12)) + px(6) + width(figure, px(14))
        if x + long > sheet.width - px(12):
            break
        x += write(draw, (x, middle), word, px(12), sheet.theme.dim) + px(6)
        x += write(draw, (x, middle), figure, px(14), sheet.theme.text) + px(22)
    if x <= stop:
        write(draw, (sheet.width - px(12), middle), clock, px(13), sheet.theme.dim, side="right")


def figures(readouts: State) -> list[tuple[str, str]]:
    """What the status line says, the most important first."""
    made = ((word, cast(State, readouts.get(part) or {}).get("said")) for part, word in MADE.items())
    return [
        *scale(readouts),
        *((word, str(said)) for word, said in made if said),
        ("rate", str(readouts["rate"])),
        ("received", str(readouts["samples"])),
    ]


def scale(readouts: State) -> list[tuple[str, str]]:
    """Of the x axis: the timebase, or what a spectrum shows and resolves."""
    spectrum = cast("State | None", readouts["spectrum"])
    if spectrum is None or spectrum["div"] is None:
        return [("T", f"{readouts['timebase']}/div")]
    return [
        ("f", f"{spectrum['div']}/div"),
        ("centre", str(spectrum["centre"])),
        ("RBW", str(spectrum["rbw"])),
    ]


def logo(draw: ImageDraw.ImageDraw, image: Image.Image, sheet: Sheet, shown: Shown) -> int:
    """The pulse and the name; returns where they end."""
    px = sheet.px
    points = [(x * sheet.scale, y * sheet.scale) for x, y in PULSE]
    size = (px(25), px(15))
    stamp(
        image,
        (px(12), round((px(STATUS) - size[1]) / 2)),
        size,
        points,
        shown.colours.traces[0],
        line=1.6 * sheet.scale,
    )
    at = px(12 + 25 + 8)
    return (
        at
        + round(write(draw, (at, px(STATUS) / 2 - 0.5), NAME, px(14), sheet.theme.text, bold=True))
        + px(18)
    )


def lamp(draw: ImageDraw.ImageDraw, x: int, middle: float, sheet: Sheet, shown: Shown) -> int:
    """What the sweep does, lit; returns where the next thing begins."""
    px, text = sheet.px, str(shown.readouts["lamp"])
    long = max(px(62), round(width(text, px(12), bold=True)) + px(18))
    top = round(middle - px(21) / 2)
    draw.rounded_rectangle(
        (x, top, x + long, top + px(21)), px(4), fill=str(getattr(sheet.theme, LAMPS.get(text, "run")))
    )
    write(draw, (x + long / 2, middle + 0.5), text, px(12), sheet.theme.lit, bold=True, side="centre")
    return x + long + px(20)


def surround(draw: ImageDraw.ImageDraw, image: Image.Image, sheet: Sheet, shown: Shown) -> None:
    """What is around the glass: its border, ground markers, reference, x axis; and what an empty one says."""
    left, right = sheet.left, sheet.left + sheet.pane.width
    draw.rectangle((left - 1, sheet.top - 1, right, sheet.bottom), outline=sheet.theme.line)
    frame = shown.frame
    for slot in frame.traces.keys() & shown.legend.keys():
        divisions, text = cast(tuple[float, str], shown.legend[slot]["ground"])
        ground(image, draw, sheet, shown.colour(slot), float(divisions), text)
    if frame.lamp in ("TRIG'D", "WAIT") and frame.trigger.share is not None and frame.plane is None:
        x = left + frame.reference * sheet.pane.width
        leads = (slot for slot, trace in frame.traces.items() if trace.channel == frame.lead)
        lead = next(leads, next(iter(frame.traces), None))
        if lead is not None:
            reference(image, sheet, x, shown.colour(lead))
    axis(draw, sheet, cast(State, shown.readouts["axis"]))
    if not frame.traces:
        empty(draw, sheet, shown)


def ground(
    image: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, colour: str, divisions: float, text: str
) -> None:
    """The flag that points to zero of a channel, or to where it is beyond the glass."""
    px = sheet.px
    wide, high = px(22), px(16)
    y = sheet.top + (channel.DIVISIONS / 2 - divisions) * sheet.pane.height / channel.DIVISIONS
    at = (sheet.left - wide - 2, round(y - high / 2))
    body, tip, half = wide * 0.68, float(wide), high / 2
    shapes: dict[str, list[Point]] = {
        "▸": [(0, 0), (body, 0), (tip, half), (body, high), (0, high)],
        "▴": [(0, half * 0.6), (body / 2, 0), (body, half * 0.6), (body, high), (0, high)],
        "▾": [(0, 0), (body, 0), (body, high - half * 0.6), (body / 2, high), (0, high - half * 0.6)],
    }
    stamp(image, at, (wide, high), shapes.get(text[-1:], shapes["▸"]), colour)
    number = text.rstrip("▸▴▾")
    write(draw, (at[0] + body / 2, round(y)), number, px(12), sheet.theme.lit, bold=True, side="centre")


def reference(image: Image.Image, sheet: Sheet, x: float, colour: str) -> None:
    """The mark above the glass at the instant of the trigger."""
    wide, high = sheet.px(12), sheet.px(8)
    points: list[Point] = [(0, 0), (wide, 0), (wide / 2, high)]
    stamp(image, (round(x - wide / 2), sheet.top - high - 1), (wide, high), points, colour)


def axis(draw: ImageDraw.ImageDraw, sheet: Sheet, about: State) -> None:
    """x at the left, the centre and the right."""
    y, size = sheet.bottom + sheet.px(AXIS) / 2, sheet.px(12)
    at = cast(Sequence[object], about["at"])
    if about["clock"]:
        at = [time_of_day(cast(float, x), cast(float, about["span"])) for x in at]
    left, right = sheet.left, sheet.left + sheet.pane.width
    write(draw, (left, y), str(at[0]), size, sheet.theme.dim)
    write(draw, ((left + right) / 2, y), str(at[1]), size, sheet.theme.dim, side="centre")
    write(draw, (right, y), str(at[2]), size, sheet.theme.dim, side="right")


def time_of_day(x: float, span: float) -> str:
    """Unix seconds as the time of day, UTC, with as many decimals as the screen needs."""
    digits = min(max(math.ceil(2 - math.log10(span)), 0), 6) if span > 0 else 0
    try:
        at = datetime.fromtimestamp(x, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{x:g} s"
    text = at.strftime("%H:%M:%S")
    return f"{text}.{at.microsecond:06d}"[: len(text) + 1 + digits] if digits else text


def empty(draw: ImageDraw.ImageDraw, sheet: Sheet, shown: Shown) -> None:
    """What a screen without traces says."""
    x, y = sheet.left + sheet.pane.width / 2, sheet.top + sheet.pane.height / 2
    words = "No channel is on" if shown.readouts["channels"] else "Waiting for the first sample"
    if shown.frame.plane is not None:
        words = shown.frame.plane.why or words
    size = sheet.px(18)
    half, high = width(words, size) / 2 + sheet.px(24), sheet.px(26)
    draw.rounded_rectangle(
        (x - half, y - high, x + half, y + high), sheet.px(8), sheet.theme.surface, sheet.theme.line
    )
    write(draw, (x, y), words, size, sheet.theme.text, side="centre")


def footer(draw: ImageDraw.ImageDraw, sheet: Sheet, shown: Shown) -> None:
    """The strip for the channel boxes; without channels it says how to get some."""
    top = sheet.height - sheet.footer
    draw.rectangle((0, top, sheet.width, sheet.height), fill=sheet.theme.surface)
    draw.rectangle((0, top, sheet.width, top + max(1, sheet.px(1)) - 1), fill=sheet.theme.line)
    if not shown.readouts["channels"]:
        write(draw, (sheet.px(MARGIN), top + sheet.footer / 2), NO_CHANNELS, sheet.px(13), sheet.theme.dim)


def stamp(
    image: Image.Image,
    at: tuple[int, int],
    size: tuple[int, int],
    points: Sequence[Point],
    colour: str,
    line: float = 0.0,
) -> None:
    """Put a small shape on the picture, antialiased: a line of this width (px), or an area when it is 0."""
    large = Image.new("L", (size[0] * FINE, size[1] * FINE))
    draw = ImageDraw.Draw(large)
    placed = [(x * FINE, y * FINE) for x, y in points]
    if line:
        draw.line(placed, 255, round(line * FINE), joint="curve")
    else:
        draw.polygon(placed, 255)
    image.paste(colour, at, large.reduce(FINE))
