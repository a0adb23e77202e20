"""The HTTP API: `app.HttpApp` makes an ASGI application of a running service.

- An **answer** is a whole response of ready bytes (`answers`); run states come ready-made out of
  the projection, files out of the artifact store (`media`), and what
  a picture in hand looks like out of the live progress (`previews`).
- A **stream** is a response that stays open, server-sent events (`streams`). It is a cursor, never
  a queue: it has a **source** that it asks for what stands after the cursor.
- A **feed** holds the messages of one run, or of the whole log, encoded once for all streams that
  follow it (`progress`, `log_stream`). Feeds are told by a subscription to the log, when the
  projections have applied it (`stream_handler`).
- Pages of other origins may change nothing (`origin`).
- What comes in is checked field by field, and every fault is told (`orders`); what goes wrong is
  mapped to a status in one table (`errors`).
- Whether all is brought up to date is asked of those who follow the log (`readiness`).
- The API describes itself from one table of its calls (`openapi`, `docs`).

`server` runs the application under uvicorn, and ends open streams cleanly when it has to stop;
what a connection may take, and for how long, is bounded below the application (`connections`).
"""
