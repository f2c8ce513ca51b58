"""
Crop: one image for each digit
==============================

The network that comes next reads images of one size with one digit in the
middle. So the last stage cuts a window of fixed size around each centroid,
and scales it. After this page you know all four stages, and can run them with
one call.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

import digitsolver
from collector.draw import draw_one
from digitsolver.stages import crop

BLUE, ORANGE = "#0072B2", "#D55E00"

# %%
# All stages with one call
# ------------------------
# ``digitsolver.trace`` runs the stages and keeps what each of them gave. A
# *style* says how they are set: which cleaners run, whether the crops are
# centred on the line or on each digit, and so on. What it leaves open is
# measured on the image.

captcha = draw_one("plain", seed=1, index=15)
style = digitsolver.Style(rows="digit")
trace = digitsolver.trace(captcha.image, style, length=4)
print(trace)

figure, ax = plt.subplots(figsize=(7, 2.3), layout="constrained")
ax.imshow(trace.original)
window_height, window_width = trace.window
for index, (x, y) in enumerate(trace.centres):
    corner = x - window_width / 2, y - window_height / 2
    colour = (BLUE, ORANGE)[index % 2]
    ax.add_patch(
        Rectangle(
            corner, window_width, window_height, fill=False, color=colour, lw=2
        )
    )
    ax.plot(x, y, "+", color=colour)
ax.set(title="a window around each digit", xlabel="column", ylabel="row")
plt.show()

# %%
# The window is a little larger than a digit, so that nothing is cut off where
# the centre is not exact. Where it reaches beyond the image it is filled with
# white.

figure, axes = plt.subplots(1, 4, figsize=(7, 2.4), layout="constrained")
for ax, digit, cropped in zip(axes, captcha.label, trace.crops, strict=True):
    ax.imshow(cropped, cmap="gray", vmin=0, vmax=255)
    ax.set(title=f"crop of a {digit}", xticks=[], yticks=[])
figure.supxlabel(
    f"each {trace.crops.shape[2]} x {trace.crops.shape[1]} pixels", fontsize=10
)
plt.show()

# %%
# **Source.** The digits of MNIST are centred by their mass in an image of 28 by
# 28 pixels: Y. LeCun et al., "Gradient-based learning applied to document
# recognition", 1998.

# %%
# What a wrong length does
# ------------------------
# The stage trusts the one before it. If we say that there are five digits where
# there are four, five crops come out, and no later stage can repair that.

wrong = digitsolver.trace(captcha.image, style, length=5)
figure, axes = plt.subplots(1, 5, figsize=(7, 2.1), layout="constrained")
for ax, cropped in zip(axes, wrong.crops, strict=True):
    ax.imshow(cropped, cmap="gray", vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[])
figure.suptitle(f"{captcha.label} with a given length of 5")
plt.show()

# %%
# The stage alone
# ---------------
# Like the others, it is a function from array to array: an image, the centres,
# and two sizes.

centres = np.array([[captcha.image.shape[1] / 2, captcha.image.shape[0] / 2]])
middle = crop(trace.cleaned, centres, window=(40, 60), size=(20, 30))
print(f"one window of 40 x 60 pixels, scaled to 20 x 30: {middle.shape}")

# %%
# **Try next.** Set ``rows="line"``: the windows then share one height, and a
# digit that stands higher than its neighbours is no longer in the middle. Set
# ``window_width=12``: is anything cut off?
