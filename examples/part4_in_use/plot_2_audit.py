"""
Audit a captcha
===============

How weak is the captcha of your own site? Reading is one way to break it.
There are cheaper ones: an answer in the name of a file or in its metadata, a
small stock of images, answers that are easy to guess. ``digitsolver audit``
measures all of them. This page audits two generated captchas, and plants two
mistakes into one of them, as site owners have made them.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, PngImagePlugin

from collector.draw import draw_one
from digitsolver.audit.measure import Options
from digitsolver.audit.records import Audit
from digitsolver.audit.run import audit

BLUE, ORANGE = "#0072B2", "#D55E00"
temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
COUNT = 150

# %%
# Two sites
# ---------
# Site A serves its images and nothing else. Site B writes the answer into a
# text field of the PNG file, which no visitor sees but every program does, and
# it picks its images from a stock of 100.

random = np.random.default_rng(0)
for site in ("A", "B"):
    (folder / site).mkdir()
    rows = ["file_name,text"]
    for number in range(COUNT):
        stock = number if site == "A" else int(random.integers(100))
        captcha = draw_one("lines", seed=6, index=stock)
        hidden = PngImagePlugin.PngInfo()
        if site == "B":
            hidden.add_text("Description", f"captcha {captcha.label}")
        name = f"image{number:04}.png"
        Image.fromarray(captcha.image).save(
            folder / site / name, pnginfo=hidden
        )
        rows.append(f"{name},{captcha.label}")
    (folder / site / "metadata.csv").write_text(
        "\n".join(rows) + "\n", encoding="utf-8"
    )

figure, axes = plt.subplots(1, 3, figsize=(9, 1.5), layout="constrained")
for ax, number in zip(axes, range(3), strict=True):
    ax.imshow(Image.open(folder / "B" / f"image{number:04}.png"))
    ax.set(xticks=[], yticks=[])
figure.suptitle("what a visitor of site B sees")
plt.show()

# %%
# The audit
# ---------
# ``labels=(0,)`` asks only for what an attacker reads without a single label,
# with the default model. A full audit also trains readers with 10, 50, 200 and
# 500 labels, which takes minutes. The folder of the report gets a page for
# people and a file for programs.

options = Options(labels=(0,), minutes=3)
audits: dict[str, Audit] = {
    site: audit(folder / site, folder / f"report-{site}", options)
    for site in ("A", "B")
}
print(sorted(path.name for path in (folder / "report-A").iterdir()))

# %%
# What was found
# --------------

for site, found in audits.items():
    print(f"site {site}: risk {found.verdict.risk}")
    for finding in found.findings:
        print(f"   {finding.risk:7} {finding.identifier:14} {finding.title}")

# %%
# Reading is the finding that both share. How sure is it? A captcha counts as
# broken when a program reads 1 % of it, because attempts cost next to nothing.
# The whole interval is far above that.
#
# **Source.** E. Bursztein, M. Martin and J. Mitchell, "Text-based CAPTCHA
# strengths and weaknesses", 2011. The risk is rated as in the OWASP Web
# Security Testing Guide.

figure, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
for row, found in enumerate(audits.values()):
    point = found.points[0]
    low, high = point.interval
    ax.plot([100 * low, 100 * high], [row, row], color=BLUE, lw=4, alpha=0.4)
    ax.plot(100 * point.rate, row, "o", color=BLUE)
ax.axvline(1, color=ORANGE, linestyle="--")
ax.text(2, 0.5, "counts as broken", color=ORANGE, va="center")
ax.set(
    xlim=(0, 101),
    ylim=(1.6, -0.6),
    yticks=range(2),
    yticklabels=[f"site {s}" for s in audits],
)
ax.set(
    xlabel="captchas read by the default model (%), 95 % interval",
    title="Reading",
)
plt.show()

# %%
# What a stronger image would change
# ----------------------------------
# The audit measures noise, lines, joined digits and colours of the images, and
# compares them with generated captchas for which the rate is known: at about
# the same strength, and at the next one.

matches = audits["A"].defences
rates = 100 * np.array([match.rate for match in matches])
stronger = 100 * np.array([match.stronger or np.nan for match in matches])
places = np.arange(len(matches))
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.hlines(places, stronger, rates, color="#BBBBBB", linewidth=3)
ax.plot(rates, places, "o", color=BLUE, label="at the strength of site A")
ax.plot(stronger, places, "s", color=ORANGE, label="one step stronger")
names = [
    f"{match.defence}: {match.strength.replace('-', 'none')}"
    for match in matches
]
ax.set(
    yticks=places,
    yticklabels=names,
    xlim=(75, 101),
    ylim=(len(matches) - 0.5, -0.5),
)
ax.set(
    xlabel="generated captchas read (%)",
    ylabel="strength of site A",
)
ax.set_title("What a stronger defence would buy")
ax.legend(loc="lower left")
plt.show()

temporary.cleanup()

# %%
# Mostly, one step buys little, while people have to read the images, too. What
# helps more is on the server: a limit on attempts, answers that expire and work
# once, no answers in files.
#
# **Try next.** Let site B count its answers upwards, or choose only from ten.
# Then audit a folder of your own captchas: ``digitsolver audit captchas/mine
# --out report``.
