//! Charts as they are drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use charts::{Area, Axis, Chart, Color, Mark, Svg, Theme, to_png};

fn every_mark() -> Chart {
    let y = Axis::shares("share of rows", 0.0, 0.5);
    Chart::new("Every mark", Axis::numbers("score", 0.0, 1.0), y)
        .subtitled("all of them at once")
        .with_right(Axis::numbers("rows", 0.0, 40_000.0))
        .with(Mark::steps("reference", Color::Gray, &[0.0, 0.5, 1.0], &[0.4, 0.2]).filled())
        .with(Mark::line("measured", Color::Blue, &[(0.0, 0.1), (0.5, 0.3), (1.0, 0.2)]).dotted())
        .with(Mark::line("estimated", Color::Orange, &[(0.0, 0.2), (1.0, 0.1)]).dashed().on_right())
        .with(Mark::spans("95 %", Color::Blue, &[(0.5, 0.25, 0.35)]))
        .with(Mark::dots("dots", Color::Green, &[(0.2, 0.2)]))
        .with(Mark::level("bound 0.30", 0.3))
        .with(Mark::upright("threshold 0.5", 0.5))
}

#[test]
fn every_mark_is_drawn_and_named() {
    let svg = every_mark().to_svg(640.0, 420.0, &Theme::LIGHT);
    for text in ["Every mark", "all of them at once", "reference", "measured", "95 %", "bound 0.30", "30,000", "rows"] {
        assert!(svg.contains(text), "{text} is not in {svg}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert!(to_png(&svg).unwrap().len() > 5_000);
}

#[test]
fn rows_break_their_bounds_in_red() {
    let names = ["income", "a name that is far too long to be written out beside a bar of the chart"];
    let chart = Chart::new("Drift", Axis::numbers("PSI", 0.0, 0.5), Axis::bands(&names))
        .with(Mark::rows("PSI", Color::Blue, &[(0.4, true), (0.1, false)]))
        .with(Mark::row_ticks("bound", Color::Ink, &[0.2, 0.2]));
    let svg = chart.to_svg(500.0, 300.0, &Theme::LIGHT);
    let red = Theme::LIGHT.color(Color::Red);
    assert_eq!(svg.matches(red).count(), 2, "the bar and its figure: {svg}");
    assert!(svg.contains(">0.400<") && svg.contains(">0.100<"));
    assert!(svg.contains('…') && svg.contains("income"));
}

#[test]
fn a_theme_of_variables_leaves_no_fixed_colour() {
    let svg = every_mark().to_svg(640.0, 420.0, &Theme::CSS);
    assert!(svg.contains("var(--blue)") && !svg.contains("\"#"), "{svg}");
}

#[test]
fn a_chart_of_nothing_says_why() {
    let why = "no label is known yet, so nothing can be measured; the estimate is in the table";
    let svg = Chart::empty("ROC curve", why).to_svg(300.0, 200.0, &Theme::LIGHT);
    assert!(svg.contains("no label is known") && svg.contains("ROC curve"));
    assert!(svg.matches("<text").count() > 2, "long reasons take several lines");
    assert!(svg.contains(&format!("<title>ROC curve. {why}</title>")));
}

#[test]
fn charts_without_points_or_room_do_not_break() {
    let bare = Chart::new("", Axis::bands::<&str>(&[]), Axis::numbers("y", f64::NAN, f64::NAN))
        .with(Mark::line("nothing", Color::Blue, &[]).filled().dotted())
        .with(Mark::bars("nothing", Color::Blue, &[]))
        .with(Mark::rows("nothing", Color::Blue, &[]))
        .with(Mark::steps("nothing", Color::Blue, &[], &[]))
        .with(Mark::dots("beyond", Color::Blue, &[(f64::NAN, f64::INFINITY)]));
    for (width, height) in [(640.0, 400.0), (20.0, 20.0)] {
        let svg = bare.to_svg(width, height, &Theme::LIGHT);
        assert!(!svg.contains("NaN"), "{svg}");
        to_png(&svg).unwrap();
    }
}

#[test]
fn several_charts_make_a_page() {
    let mut page = Svg::new(800.0, 400.0, Theme::LIGHT);
    for x in [0.0, 400.0] {
        every_mark().draw(&mut page, Area { x, y: 0.0, width: 400.0, height: 400.0 });
    }
    let svg = page.finish("two charts");
    assert_eq!(svg.matches("<svg").count(), 1);
    assert_eq!(svg.matches(">Every mark<").count(), 2);
}
