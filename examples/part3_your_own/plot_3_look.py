"""
Add a look in ten lines
=======================

A *look* is a family of captchas that one site or device makes. If you can
describe yours, you can generate as many labelled images of it as you like: to
train on, or to test a program before you have any labels. A look is a record
of ranges, and every number of an image is sampled from one of them.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import digitsolver
from collector.draw import LOOKS, Look, draw, draw_one
from collector.draw.look import (
    Background,
    Colours,
    Digits,
    Finish,
    Layer,
    Page,
    Range,
    fixed,
)
from digitsolver.measure.statistics import wilson

# %%
# The look
# --------
# Cinema tickets: seven typewritten digits on coloured paper, a little crooked,
# under a fine grid, as a phone would photograph them. Lengths are relative, so
# that the look holds at every size: gaps are in heights of a digit (``em``),
# the width of a line in widths of a stroke.

TICKET = Look(
    name="ticket",
    about="seven typewritten digits on coloured paper, photographed",
    lengths=(7, 7),
    page=Page(height=fixed(48), width=fixed(190)),
    digits=Digits(
        kinds=("typewriter",), rotation=Range(1, 4), gap=Range(0.05, 0.15)
    ),
    colours=Colours(schemes=(("pastel", 1.0),), contrast=Range(140, 220)),
    background=Background(gradient=Range(10, 50), weave=Range(4, 15)),
    layers=(
        Layer("grid", 0.7, Range(8, 14), Range(0.1, 0.2), ("near",), over=0.0),
    ),
    finish=Finish(blur=Range(0.4, 0.9), noise=Range(2, 8), jpeg=Range(60, 90)),
)

# %%
# What it looks like, and how it is read
# --------------------------------------
# ``draw`` makes one captcha. All random numbers come from the generator that it
# is given, so the same seed makes the same image. The default model, which has
# not seen this look, reads them.

solver = digitsolver.load()
random = np.random.default_rng(1)
figure, axes = plt.subplots(4, 2, figsize=(8, 5), layout="constrained")
for ax in axes.flat:
    captcha = draw(TICKET, random)
    reading = solver.solve(captcha.image)
    mark = (
        "right" if reading.text == captcha.label else f"wrong: {captcha.label}"
    )
    ax.imshow(captcha.image)
    ax.set(
        title=f"{reading.text}, {reading.confidence:.0%}, {mark}",
        xticks=[],
        yticks=[],
    )
figure.suptitle("reading, confidence, and whether it is right")
plt.show()

# %%
# Change one thing
# ----------------
# Because every property is a range, an experiment changes one of them and
# leaves the rest. How much blur does reading survive?

blurs = (1, 2, 3, 4, 5)
rates, ends = [], []
for blur in blurs:
    random = np.random.default_rng(2)
    look = replace(TICKET, finish=replace(TICKET.finish, blur=fixed(blur)))
    captchas = [draw(look, random) for _ in range(40)]
    answers = solver.solve_many([captcha.image for captcha in captchas])
    right = sum(
        isinstance(answer, digitsolver.Reading) and answer.text == captcha.label
        for answer, captcha in zip(answers, captchas, strict=True)
    )
    rates.append(right / len(captchas))
    ends.append(wilson(right, len(captchas)))

figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
bars = 100 * np.abs(np.array(ends).T - rates)
ax.errorbar(
    blurs, 100 * np.array(rates), bars, fmt="o-", color="#0072B2", capsize=4
)
ax.set(
    xlabel="blur (standard deviation in pixels)",
    ylabel="read right (%)",
    ylim=(0, 104),
    xticks=blurs,
)
ax.set_title("How much blur does reading survive? (95 % intervals)")
plt.show()

# %%
# With a name it can be generated like any other look, by number:

LOOKS["ticket"] = TICKET
print(
    draw_one("ticket", seed=5, index=0).label,
    draw_one("ticket", seed=5, index=1).label,
)
del LOOKS["ticket"]

# %%
# To keep it, add it to ``collector/draw/looks.py``; then ``collector generate
# --style ticket`` and ``digitsolver train --generate ticket`` know it.
#
# **Source.** Learning from generated text images: M. Jaderberg et al.,
# "Synthetic data and artificial neural networks for natural scene text
# recognition", 2014.
#
# **Try next.** Describe a captcha, a counter or a ticket of your own. Start
# from the ranges of a look in ``LOOKS`` that is similar.
