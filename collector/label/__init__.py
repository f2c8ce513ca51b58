"""Label captchas fast: a model proposes, a person accepts or corrects, the store keeps it.

::

    session      what is shown, what an answer does          (no browser, no terminal)
    ├── order      which captcha is next, which labels are likely mistakes
    ├── claims     what somebody else looks at, on a page of their own
    ├── proposals  what the model reads, found in the background
    ├── trainer    a better model from the labels so far, in another process
    ├── values     what is shown, for JSON
    └── pace       how fast it goes
    app, guard   the page on 127.0.0.1: addresses, and who may ask
    page, editor (html, css, js)   the page itself
    editor, blocks   a label edited key by key, an image in characters: for terminals
"""
