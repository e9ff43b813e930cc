"""What a panel shows of a spectrogram, in words and figures."""

from __future__ import annotations

from app.scope.channel import DIVISIONS
from app.scope.frame import Frame
from app.units import engineering, plain

DIGITS = 4


def spectrogram(frame: Frame) -> dict[str, object] | None:
    """The knobs of the spectrogram of a screen as they are, and what it shows; None: it shows something else.

    borders  frequency at the bottom, the middle and the top
    part     of the samples, where it is not made of all
    said     the ranges in one line
    """
    gram = frame.gram
    if gram is None:
        return None
    setting = gram.setting
    knobs = {"channel": setting.channel, "window": setting.window, "scale": setting.scale, "why": gram.why}
    if gram.why is not None:
        return {**knobs, "of": gram.channel, "borders": ["", "", ""], "said": ""}
    unit = gram.unit.partition(" ")[0]
    levels = f"{gram.low:g} to {gram.high:g} {unit}"
    return {
        **knobs,
        "of": gram.channel,
        "rbw": engineering(gram.rbw, gram.x_unit, DIGITS),
        "per_div": f"{plain(gram.nyquist / DIVISIONS, gram.x_unit)}/div",
        "borders": [plain(gram.nyquist * share, gram.x_unit) for share in (0.0, 0.5, 1.0)],
        "levels": levels,
        "resampled": gram.resampled,
        "part": "" if gram.looked_at == 1 else f"{100 * gram.looked_at:.2g} % of the samples",
        "said": f"to {engineering(gram.nyquist, gram.x_unit, DIGITS)}, {levels}",
    }
