"""Product photos: framed on a plain backdrop, saved exactly, and judged by a market's rules."""
