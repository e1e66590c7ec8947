//! The style of each role. A colour never carries information alone: a symbol or a word is beside
//! it, so the theme without colours loses nothing.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::config::appearance::Theme;
use crate::tui::model::role::Role;

/// The colours of a theme that brings its own, as 0xRRGGBB.
struct Palette {
    background: u32,
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
    background: 0x16_18_1d,
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
    background: 0xfb_fb_f9,
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
    background: 0x00_00_00,
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
    pub fn style(self, role: Role) -> Style {
        let weight = Style::new().add_modifier(match role {
            Role::Title | Role::Key | Role::Bad | Role::Warning | Role::Focus => Modifier::BOLD,
            Role::Missing => Modifier::ITALIC,
            _ => Modifier::empty(),
        });
        match (self.palette(), self) {
            (Some(palette), _) => palette.style(role, weight),
            (None, Self::Mono) => mono(role, weight),
            (None, _) => terminal(role, weight),
        }
    }

    /// The style of text beside a symbol of the same role. In the terminal's theme it has no colour:
    /// green and cyan are hard to read on a light background, and yellow blocks are for the header.
    pub fn text(self, role: Role) -> Style {
        match (self, role) {
            (Self::Terminal, Role::Good | Role::Active) => Style::new(),
            (Self::Terminal, Role::Warning) => Style::new().add_modifier(Modifier::BOLD),
            _ => self.style(role),
        }
    }

    /// Changes a style for data that may be out of date.
    pub fn stale(self, style: Style) -> Style {
        match self.palette() {
            // Dim text would have less contrast than the palette promises.
            Some(palette) => style.fg(rgb(palette.label)).add_modifier(Modifier::ITALIC),
            None => style.add_modifier(Modifier::DIM),
        }
    }

    /// Styles of a pane's border and title. The pane with the keyboard focus stands
    /// out, also without colours.
    pub fn pane(self, focused: bool) -> [Style; 2] {
        let roles = if focused { [Role::Focus, Role::Title] } else { [Role::Label; 2] };
        roles.map(|role| self.style(role))
    }

    /// Gives the theme's colours of ordinary text to all cells of a finished frame that have none.
    pub fn fill_background(self, buffer: &mut Buffer) {
        let Some(palette) = self.palette() else { return };
        let (text, background) = (rgb(palette.text), rgb(palette.background));
        for cell in &mut buffer.content {
            if cell.fg == Color::Reset {
                cell.fg = text;
            }
            if cell.bg == Color::Reset {
                cell.bg = background;
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
    fn style(&self, role: Role, weight: Style) -> Style {
        let colour = match role {
            Role::Text | Role::Title => self.text,
            Role::Label | Role::Missing => self.label,
            Role::Key | Role::Focus => self.key,
            Role::Good => self.good,
            Role::Bad => self.bad,
            Role::Active => self.active,
            Role::Unknown => self.odd,
            Role::Warning => self.worry,
            Role::Selected => {
                let [text, background] = self.selected.map(rgb);
                return weight.fg(text).bg(background).add_modifier(Modifier::BOLD);
            }
        };
        weight.fg(rgb(colour)).bg(rgb(self.background))
    }
}

fn mono(role: Role, weight: Style) -> Style {
    match role {
        Role::Label | Role::Missing => weight.add_modifier(Modifier::DIM),
        Role::Warning | Role::Unknown => weight.add_modifier(Modifier::UNDERLINED),
        Role::Selected => weight.add_modifier(Modifier::REVERSED),
        _ => weight,
    }
}

/// The 16 colours of every terminal, in the shades that its user chose.
fn terminal(role: Role, weight: Style) -> Style {
    match role {
        Role::Text | Role::Key => weight,
        // Not the colour of the border around it.
        Role::Title => weight.fg(Color::Reset),
        Role::Label | Role::Missing => weight.add_modifier(Modifier::DIM),
        Role::Good => weight.fg(Color::Green),
        Role::Bad => weight.fg(Color::Red),
        Role::Active | Role::Focus => weight.fg(Color::Cyan),
        Role::Unknown => weight.fg(Color::Magenta),
        // Yellow text is hard to read on a light background, and bold black is grey in many terminals.
        Role::Warning => Style::new().fg(Color::Black).bg(Color::Yellow),
        // Without colours: reversed, red text would become a red bar.
        Role::Selected => weight.fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::REVERSED),
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
    fn contrast_matches_the_wcag_example() {
        let grey = Style::new().fg(rgb(0x76_76_76)).bg(rgb(0xff_ff_ff));
        assert!((contrast(grey) - 4.54).abs() < 0.01, "{}", contrast(grey));
    }

    #[rstest::rstest]
    #[case(Theme::Dark, 4.5)]
    #[case(Theme::Light, 4.5)]
    #[case(Theme::Contrast, 7.0)]
    fn every_text_has_enough_contrast(#[case] theme: Theme, #[case] least: f64) {
        for role in Role::ALL {
            for style in [theme.style(role), theme.stale(theme.style(role))] {
                // A stale row that is selected is styled as selected.
                if role == Role::Selected && style != theme.style(role) {
                    continue;
                }
                assert!(contrast(style) >= least, "{theme:?} {role:?}: {}", contrast(style));
            }
        }
    }

    #[test]
    fn the_terminal_theme_uses_only_the_16_colours() {
        for role in Role::ALL {
            let style = Theme::Terminal.style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{role:?}");
            }
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn roles_differ_in_colour() {
        use Role::{Active, Bad, Good, Missing, Selected, Text, Unknown, Warning};
        let matter = [Text, Good, Bad, Active, Unknown, Missing, Warning, Selected];
        for theme in Theme::ALL.into_iter().filter(|&theme| theme != Theme::Mono) {
            for (at, &one) in matter.iter().enumerate() {
                for &other in &matter[..at] {
                    assert_ne!(theme.style(one), theme.style(other), "{theme:?} {one:?} {other:?}");
                }
            }
        }
    }

    /// Only good news may look like ordinary text.
    #[test]
    fn problems_stand_out_without_colours() {
        use Role::{Bad, Missing, Selected, Text, Unknown, Warning};
        let matter = [Text, Bad, Unknown, Missing, Warning, Selected];
        for (at, &one) in matter.iter().enumerate() {
            for &other in &matter[..at] {
                assert_ne!(Theme::Mono.style(one), Theme::Mono.style(other), "{one:?} {other:?}");
            }
        }
    }
}
