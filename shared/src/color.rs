//! The colours of buttons and their text, on pages and in mails.

use std::fmt;

use crate::environment::{Environment, EnvironmentError, variable};

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);

    /// The colour with these parts of red, green and blue.
    pub const fn new(rgb: [u8; 3]) -> Self {
        Self(rgb)
    }

    /// Parses `#RRGGBB`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?.as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, []) = digits.as_chunks::<2>() else { return None };
        let values: Option<Vec<u8>> =
            pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect();
        values?.try_into().ok().map(Self)
    }

    /// Black or white, whichever is easier to read on this colour. The contrast is at least 4.58, and WCAG
    /// 2.2 asks for 4.5 (section 1.4.3).
    #[must_use]
    pub fn text_on(self) -> Self {
        let is_black_better = self.contrast(Self::BLACK) >= self.contrast(Self::WHITE);
        if is_black_better { Self::BLACK } else { Self::WHITE }
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The relative luminance of WCAG 2.2, from 0 (black) to 1 (white).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// The colours of a deployment's buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonColors {
    /// The colour in the light scheme.
    pub light: Color,
    /// The colour in the dark scheme.
    pub dark: Color,
}

impl ButtonColors {
    /// The defaults of template.yaml.
    pub const DEFAULT: Self =
        Self { light: Color::new([0x1f, 0x5f, 0xbf]), dark: Color::new([0x8a, 0xb4, 0xf8]) };

    /// Reads `PAGES_COLOR` and `PAGES_COLOR_DARK`.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Malformed`], if one is not `#RRGGBB`.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let color = |name, default| {
            let color = environment.optional(name).map(Color::parse);
            color.map_or(Ok(default), |color| color.ok_or(EnvironmentError::Malformed(name)))
        };
        Ok(Self {
            light: color(variable::PAGES_COLOR, Self::DEFAULT.light)?,
            dark: color(variable::PAGES_COLOR_DARK, Self::DEFAULT.dark)?,
        })
    }
}

/// Writes CSS.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_hexadecimal_digits_are_a_colour_and_nothing_else_is() {
        assert_eq!(Color::parse("#1D4ed8"), Some(Color([0x1d, 0x4e, 0xd8])));
        assert_eq!(Color::parse("#1D4ed8").unwrap().to_string(), "#1d4ed8");
        for bad in [
            "",
            "#",
            "1d4ed8",
            "#1d4",
            "#1d4ed",
            "#1d4ed88",
            "#1d4ed8ff",
            "#1d4eg8",
            "#+1+2+3",
            "#äöü",
            "red",
        ] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_default_colours_are_those_of_the_template() {
        let template = include_str!("../../template.yaml");
        let of_parameter = |name: &str| {
            let (_, parameter) = template.split_once(&format!("\n  {name}:\n")).unwrap();
            parameter.split_once("Default: \"").unwrap().1.split('"').next().unwrap()
        };
        assert_eq!(of_parameter("PagesColor"), ButtonColors::DEFAULT.light.to_string());
        assert_eq!(of_parameter("PagesColorDark"), ButtonColors::DEFAULT.dark.to_string());
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 1e-9);
        // The lightest grey that is readable on white.
        let grey = Color([0x76; 3]).contrast(Color::WHITE);
        assert!((4.54..4.55).contains(&grey), "{grey}");
        // Dark colours are on the straight part of the curve.
        let dark = Color([10; 3]).contrast(Color::BLACK);
        assert!((1.0606..1.0608).contains(&dark), "{dark}");
    }

    #[test]
    fn the_text_is_readable_on_every_colour() {
        for (color, text) in [
            ([0x1d, 0x4e, 0xd8], Color::WHITE),
            ([0x8f, 0xb4, 0xff], Color::BLACK),
            ([0xff, 0xff, 0x00], Color::BLACK),
            ([0x00, 0x00, 0xff], Color::WHITE),
            ([0xff, 0x00, 0x00], Color::BLACK),
        ] {
            assert_eq!(Color(color).text_on(), text, "{color:?}");
        }
        let values = || (0..=255).step_by(5);
        for color in
            values().flat_map(|r| values().flat_map(move |g| values().map(move |b| Color([r, g, b]))))
        {
            assert!(color.contrast(color.text_on()) >= 4.5, "{color}");
        }
    }
}
