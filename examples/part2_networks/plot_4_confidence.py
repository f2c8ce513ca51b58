"""
When to trust a reading: calibration and abstaining
===================================================

Every reading has a confidence. It is worth something if it is *calibrated*:
of the readings with a confidence of 90 %, nine in ten should be right. Then a
program can abstain, which means to give no answer, where it is not sure
enough, and leave those images to a person. This page checks the default model
on generated captchas of a wide mixture of looks.
"""

import matplotlib.pyplot as plt
import numpy as np

import digitsolver
from collector.draw import draw_one
from digitsolver.measure.guarantee import certify
from digitsolver.measure.statistics import (
    auroc,
    calibration_error,
    reliability,
    risk_coverage,
    wilson,
)

BLUE, ORANGE = "#0072B2", "#D55E00"

# %%
# Read 300 captchas
# -----------------
# The look ``mixed`` contains nearly everything that the generator can do, also
# images that a person reads only with effort.

captchas = [draw_one("mixed", seed=77, index=index) for index in range(300)]
solver = digitsolver.load()
answers = list(solver.solve_many(captcha.image for captcha in captchas))
pairs = [
    (answer.confidence, answer.text == captcha.label)
    for answer, captcha in zip(answers, captchas, strict=True)
    if isinstance(answer, digitsolver.Reading)
]
confidences, right = (list(column) for column in zip(*pairs, strict=True))
low, high = wilson(sum(right), len(captchas))
print(f"{sum(right)} of {len(captchas)} are read right")
print(f"95 % interval of that rate: {low:.1%} to {high:.1%}")

# %%
# A reliability diagram
# ---------------------
# The readings are sorted by confidence into bins of equal size. Each point
# shows the mean confidence of a bin and the share of it that is right, with a
# 95 % interval. On the dashed line, confidence and accuracy agree. Below it,
# the model is too sure of itself.
#
# **Source.** C. Guo et al., "On calibration of modern neural networks", 2017. A
# single number, the temperature, which is fitted on held-out captchas, brings
# most networks close to the line.

bins = reliability(confidences, right)
means = np.array([one.confidence for one in bins])
shares = np.array([one.accuracy for one in bins])
ends = np.array([one.interval for one in bins])

figure, ax = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
ax.plot([0, 1], [0, 1], "--", color="#555555", label="perfectly calibrated")
ax.errorbar(
    means,
    shares,
    np.abs(ends.T - shares),
    fmt="o",
    color=BLUE,
    capsize=4,
    label="bins",
)
ax.set(
    xlabel="mean confidence",
    ylabel="share read right",
    title="Reliability",
    aspect="equal",
)
ax.set(xlim=(0, 1.03), ylim=(0, 1.03))
ax.legend(loc="upper left")
plt.show()

error, area = calibration_error(confidences, right), auroc(confidences, right)
print(f"calibration error: {error:.1%}")
print(f"a right reading outranks a wrong one with probability {area:.1%}")

# %%
# Abstain
# -------
# If we give no answer below a confidence threshold, fewer images get an answer,
# and fewer of the answers are wrong. *Coverage* is the share of images that get
# one, *selective risk* the share of these that is wrong.
#
# **Source.** C. K. Chow, "On optimum recognition error and reject tradeoff",
# 1970; R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective
# classification", 2010.

thresholds = np.unique(np.sort(confidences)[:-60])
curve = risk_coverage(confidences, right, thresholds.tolist(), len(captchas))
coverage = 100 * np.array([one.coverage for one in curve])
risk = 100 * np.array([one.risk or 0 for one in curve])
upper = 100 * np.array([one.interval[1] for one in curve])

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(coverage, risk, color=BLUE, label="wrong answers")
ax.fill_between(
    coverage,
    risk,
    upper,
    color=BLUE,
    alpha=0.2,
    label="up to its 95 % interval",
)
for point in risk_coverage(confidences, right, [0.5, 0.9, 0.99], len(captchas)):
    at = 100 * point.coverage, 100 * (point.risk or 0)
    ax.plot(*at, "o", color=ORANGE)
    ax.annotate(
        f"threshold {point.confidence}",
        at,
        (-6, 8),
        textcoords="offset points",
        ha="right",
    )
ax.set(
    xlabel="coverage: images answered (%)",
    ylabel="selective risk: wrong (%)",
    ylim=(0, None),
)
ax.set_title("Fewer answers, fewer mistakes")
ax.legend(loc="upper center")
plt.show()

# %%
# A promise
# ---------
# "At most 2 % of the answers are wrong" is more than a point on that curve,
# because the curve was measured on a sample.
# ``digitsolver.measure.guarantee.certify`` finds the lowest threshold for which
# the promise holds with a probability of 95 %, or says that the sample is too
# small for it.
#
# **Source.** A. N. Angelopoulos et al., "Learn then test: calibrating
# predictive algorithms to achieve risk control", 2021.

for most in (0.01, 0.02, 0.05):
    promise = certify(confidences, right, most, images=len(captchas))
    print(f"{most:.0%} wrong:", promise or "not certified")

# %%
# The promise is about images of the same kind. On another look the same
# threshold may mean something else, so certify it on your own images:
# ``digitsolver train`` does with ``--max-wrong``.
#
# **Try next.** Put ``draw_one("speckle", …)`` in place of ``mixed``. With how
# many captchas can you certify 1 %?
