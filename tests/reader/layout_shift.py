"""How much of a page moves by itself, as browsers count it."""

from __future__ import annotations

WATCH_SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const it of list.getEntries()) if (!it.hadRecentInput) window.shift += it.value;
}).observe({ type: "layout-shift", buffered: true });
"""
"""A script that adds it up, from before the page's own."""
SHIFT = "() => window.shift"
MOST_SHIFT = 0.02
"""Less than anybody sees."""
