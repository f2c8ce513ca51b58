"""An HTTP API that reads images, and the page that shows how.

::

    settings      what the service is started with
    app           the application: its routes, and what stands before them
    ├── solving     POST /v1/solve, GET /v1/models
    ├── stages      POST /v1/trace, POST /v1/explain, GET /v1/styles
    │   ├── lab     the settings of styles, and the stages of an image for a style
    │   └── explain what a model looked at
    ├── page        GET /: the page, its static files, its samples
    ├── health      GET /health/live, /health/ready
    ├── metrics     GET /metrics
    └── reference   GET /docs: the API as a page
    guard         who may ask, and the access log: plain ASGI
    headers       the security headers of every answer
    dependencies  what routes ask for: the key, the service, the images of a request
    service       what all routes share: models, the two queues, the memory for bodies
    ├── models      solvers by name
    └── work        a bounded queue, and the thread that answers what waits in it in batches
    rendering     pages from templates
    answers       errors of one shape, and what the API's objects look like
    protocol      connections that are closed where their request does not arrive
    server        all that on a socket, until it is told to stop
"""
