//! Charts as SVG, and as PNG made of the same SVG.
