//! The style of each meaning. A colour is never the only carrier of a meaning: a sign and a word
//! stand beside it, so the theme without colours loses no information.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::config::appearance::Theme;
use crate::tui::model::meaning::Meaning;

/// The colours of a theme that brings its own, as 0xRRGGBB.
struct Palette {
    ground: u32,
    text: u32,
    label: u32,
    key: u32,
    good: u32,
    bad: u32,
    active: u32,
    odd: u32,
    worry: u32,
    selected: [u32; 2],
}

const DARK: Palette = Palette {
    ground: 0x16_18_1d,
    text: 0xd8_db_e0,
    label: 0x98_a1_ae,
    key: 0x6c_c7_d9,
    good: 0x8c_cf_7e,
    bad: 0xff_7b_7b,
    active: 0x74_b7_ff,
    odd: 0xd7_a2_f0,
    worry: 0xff_c7_77,
    selected: [0xff_ff_ff, 0x2f_4a_6b],
};

const LIGHT: Palette = Palette {
    ground: 0xfb_fb_f9,
    text: 0x24_29_2f,
    label: 0x57_60_6a,
    key: 0x0b_64_78,
    good: 0x1a_6b_2d,
    bad: 0xb3_20_2c,
    active: 0x0a_55_b8,
    odd: 0x7a_2f_9c,
    worry: 0x7d_4a_00,
    selected: [0x10_24_3e, 0xcf_e0_f5],
};

const CONTRAST: Palette = Palette {
    ground: 0x00_00_00,
    text: 0xff_ff_ff,
    label: 0xd4_d4_d4,
    key: 0x00_ff_ff,
    good: 0x5f_ff_5f,
    bad: 0xff_9d_9d,
    active: 0x8f_d0_ff,
    odd: 0xff_a8_ff,
    worry: 0xff_ff_00,
    selected: [0x00_00_00, 0xff_ff_ff],
};

impl Theme {
    /// The style of a meaning.
    pub fn style(self, meaning: Meaning) -> Style {
        let weight = Style::new().add_modifier(match meaning {
            Meaning::Title | Meaning::Key | Meaning::Bad | Meaning::Worry | Meaning::Focus => {
                Modifier::BOLD
            }
            Meaning::Gone => Modifier::ITALIC,
            _ => Modifier::empty(),
        });
        match (self.palette(), self) {
            (Some(palette), _) => palette.style(meaning, weight),
            (None, Self::Mono) => mono(meaning, weight),
            (None, _) => terminal(meaning, weight),
        }
    }

    /// The style of words with a meaning, where a sign says it too. The terminal's own green and
    /// cyan can hardly be read on a light ground, and its yellow blocks are for the header alone:
    /// words have the terminal's own foreground, and weight.
    pub fn words(self, meaning: Meaning) -> Style {
        match (self, meaning) {
            (Self::Terminal, Meaning::Good | Meaning::Active) => Style::new(),
            (Self::Terminal, Meaning::Worry) => Style::new().add_modifier(Modifier::BOLD),
            _ => self.style(meaning),
        }
    }

    /// The style of what may no longer be so.
    pub fn doubtful(self, style: Style) -> Style {
        match self.palette() {
            // Dim text would have less contrast than the palette promises.
            Some(palette) => style.fg(rgb(palette.label)).add_modifier(Modifier::ITALIC),
            None => style.add_modifier(Modifier::DIM),
        }
    }

    /// Lays the theme's ground under a finished frame, where it has one: whatever has no colours
    /// yet gets those of ordinary text.
    pub fn ground(self, buffer: &mut Buffer) {
        let Some(palette) = self.palette() else { return };
        let (text, ground) = (rgb(palette.text), rgb(palette.ground));
        for cell in &mut buffer.content {
            if cell.fg == Color::Reset {
                cell.fg = text;
            }
            if cell.bg == Color::Reset {
                cell.bg = ground;
            }
        }
    }

    fn palette(self) -> Option<&'static Palette> {
        match self {
            Self::Terminal | Self::Mono => None,
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::Contrast => Some(&CONTRAST),
        }
    }
}

impl Palette {
    fn style(&self, meaning: Meaning, weight: Style) -> Style {
        let colour = match meaning {
            Meaning::Text | Meaning::Title => self.text,
            Meaning::Label | Meaning::Gone => self.label,
            Meaning::Key | Meaning::Focus => self.key,
            Meaning::Good => self.good,
            Meaning::Bad => self.bad,
            Meaning::Active => self.active,
            Meaning::Odd => self.odd,
            Meaning::Worry => self.worry,
            Meaning::Selected => {
                let [text, ground] = self.selected.map(rgb);
                return weight.fg(text).bg(ground).add_modifier(Modifier::BOLD);
            }
        };
        weight.fg(rgb(colour)).bg(rgb(self.ground))
    }
}

fn mono(meaning: Meaning, weight: Style) -> Style {
    match meaning {
        Meaning::Label | Meaning::Gone => weight.add_modifier(Modifier::DIM),
        Meaning::Worry | Meaning::Odd => weight.add_modifier(Modifier::UNDERLINED),
        Meaning::Selected => weight.add_modifier(Modifier::REVERSED),
        _ => weight,
    }
}

/// The 16 colours that every terminal has, in whatever shades its user chose.
fn terminal(meaning: Meaning, weight: Style) -> Style {
    match meaning {
        Meaning::Text | Meaning::Key => weight,
        // Also where it stands in a border.
        Meaning::Title => weight.fg(Color::Reset),
        Meaning::Label | Meaning::Gone => weight.add_modifier(Modifier::DIM),
        Meaning::Good => weight.fg(Color::Green),
        Meaning::Bad => weight.fg(Color::Red),
        Meaning::Active | Meaning::Focus => weight.fg(Color::Cyan),
        Meaning::Odd => weight.fg(Color::Magenta),
        // Yellow text is hard to read on a light ground, and bold black is grey in many terminals.
        Meaning::Worry => Style::new().fg(Color::Black).bg(Color::Yellow),
        // Without colours of its own, or a reversed red would be a red bar.
        Meaning::Selected => {
            weight.fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::REVERSED)
        }
    }
}

fn rgb(colour: u32) -> Color {
    Color::from_u32(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of a colour, as WCAG 2 defines it.
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} is the terminal's") };
        let [r, g, b] = [r, g, b].map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(style: Style) -> f64 {
        let [a, b] = [style.fg, style.bg].map(|colour| luminance(colour.unwrap()));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrast_is_what_wcag_says_it_is() {
        let grey = Style::new().fg(rgb(0x76_76_76)).bg(rgb(0xff_ff_ff));
        assert!((contrast(grey) - 4.54).abs() < 0.01, "{}", contrast(grey));
    }

    #[rstest::rstest]
    #[case(Theme::Dark, 4.5)]
    #[case(Theme::Light, 4.5)]
    #[case(Theme::Contrast, 7.0)]
    fn every_text_can_be_read(#[case] theme: Theme, #[case] least: f64) {
        for meaning in Meaning::ALL {
            for style in [theme.style(meaning), theme.doubtful(theme.style(meaning))] {
                // A doubtful row that is selected is styled as selected.
                if meaning == Meaning::Selected && style != theme.style(meaning) {
                    continue;
                }
                assert!(contrast(style) >= least, "{theme:?} {meaning:?}: {}", contrast(style));
            }
        }
    }

    #[test]
    fn the_terminals_theme_uses_no_colours_but_the_terminals() {
        for meaning in Meaning::ALL {
            let style = Theme::Terminal.style(meaning);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{meaning:?}");
            }
            let style = Theme::Mono.style(meaning);
            assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
        }
    }

    #[test]
    fn what_matters_looks_different_in_colour() {
        use Meaning::{Active, Bad, Gone, Good, Odd, Selected, Text, Worry};
        let matter = [Text, Good, Bad, Active, Odd, Gone, Worry, Selected];
        for theme in Theme::ALL.into_iter().filter(|&theme| theme != Theme::Mono) {
            for (at, &one) in matter.iter().enumerate() {
                for &other in &matter[..at] {
                    assert_ne!(theme.style(one), theme.style(other), "{theme:?} {one:?} {other:?}");
                }
            }
        }
    }

    /// Good news may look like text; nothing else may.
    #[test]
    fn without_colours_what_needs_a_person_still_stands_out() {
        use Meaning::{Bad, Gone, Odd, Selected, Text, Worry};
        let matter = [Text, Bad, Odd, Gone, Worry, Selected];
        for (at, &one) in matter.iter().enumerate() {
            for &other in &matter[..at] {
                assert_ne!(Theme::Mono.style(one), Theme::Mono.style(other), "{one:?} {other:?}");
            }
        }
    }
}
