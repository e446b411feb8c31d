/// A colour by what it is for. Blue, orange, green and red are told apart by people who see few colours (Okabe and
/// Ito, *Color universal design*, 2008).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// What the chart is about.
    Blue,
    /// What it is compared with.
    Orange,
    /// A third series.
    Green,
    /// A bound, or what breaks it.
    Red,
    /// What was before, or stands aside.
    Gray,
    /// Text.
    Ink,
    /// Text that explains.
    Muted,
    /// Lines behind the marks.
    Grid,
    /// The ground of a chart.
    Ground,
    /// The ground of a page of charts.
    Page,
}

/// What each colour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colors: [&'static str; 10],
}

impl Theme {
    /// Dark on white.
    pub const LIGHT: Self = Self {
        colors: [
            "#0072b2", "#d98200", "#00805a", "#c8321e", "#8b95a3", "#17202c", "#566171", "#e2e6eb", "#ffffff",
            "#f3f5f8",
        ],
    };

    /// CSS variables of a page: `--blue`, `--orange`, `--green`, `--red`, `--gray`, `--ink`, `--muted`, `--grid`,
    /// `--ground`, `--page`.
    pub const CSS: Self = Self {
        colors: [
            "var(--blue)",
            "var(--orange)",
            "var(--green)",
            "var(--red)",
            "var(--gray)",
            "var(--ink)",
            "var(--muted)",
            "var(--grid)",
            "var(--ground)",
            "var(--page)",
        ],
    };

    /// A colour as SVG spells it.
    #[must_use]
    pub const fn color(&self, color: Color) -> &'static str {
        self.colors[color as usize]
    }
}
