//! A frame as an SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr as _;

const CELL: (f32, f32) = (8.4, 18.0);
const INK: &str = "#d3d7cf";
const PAPER: &str = "#16181b";

/// Draws each run of cells with the same style as one text.
pub(crate) fn draw(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f32::from(columns) * CELL.0 + 20.0, f32::from(rows) * CELL.1 + 20.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let first = &buffer[(x, y)];
            let mut end = x;
            let mut text = String::new();
            while end < columns && style(&buffer[(end, y)]) == style(first) {
                let symbol = buffer[(end, y)].symbol();
                text.push_str(symbol);
                // A wide character covers the cell after it too.
                end += u16::try_from(symbol.width()).unwrap_or(1).max(1);
            }
            run(&mut svg, (x, y), end - x, &text, first);
            x = end;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Draws the output of a command, as wide as its longest line.
pub(crate) fn text(printed: &str) -> String {
    let lines: Vec<_> = printed.lines().map(savepeek::util::text::clean).collect();
    let width = lines.iter().map(|line| line.width()).max().unwrap_or_default();
    let area = Rect::new(0, 0, width.try_into().unwrap(), lines.len().try_into().unwrap());
    let mut buffer = Buffer::empty(area);
    for (line, y) in lines.iter().zip(0..) {
        buffer.set_string(0, y, line, Style::new());
    }
    draw(&buffer)
}

fn style(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

fn run(svg: &mut String, (x, y): (u16, u16), cells: u16, text: &str, cell: &Cell) {
    let (left, top) = (f32::from(x) * CELL.0 + 10.0, f32::from(y) * CELL.1 + 10.0);
    let width = f32::from(cells) * CELL.0;
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (mut ink, mut paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
    if reversed {
        (ink, paper) = (paper, ink);
    }
    if paper != PAPER {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{paper}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = top + 13.5;
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\" fill=\"{ink}\"{weight}{faint}>{text}</text>"
    );
}

/// An RGB value for each of the terminal's colours.
fn colour(colour: Color, reset: &'static str) -> &'static str {
    match colour {
        Color::Black => PAPER,
        Color::Red => "#e06c6c",
        Color::Green => "#7fc36a",
        Color::Yellow => "#e0b84c",
        Color::Cyan => "#56b6c2",
        Color::Magenta => "#c188d6",
        _ => reset,
    }
}
