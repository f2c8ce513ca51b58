"""Label captchas fast: a model proposes, a person accepts or corrects, the store keeps it.

::

    session      what is shown, what an answer does          (no browser, no terminal)
    ├── queue      which captcha is next, which labels are likely mistakes, who looks at what
    ├── proposals  what the model reads, in the background
    ├── trainer    a better model from the labels so far, in another process
    └── timing     how fast it goes, and how long the rest takes
    app          the page on 127.0.0.1: its addresses, and the guard before them
    page, editor (html, css, js)   the page itself
    terminal     a label edited key by key, an image in characters
"""
