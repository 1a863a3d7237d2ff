//! Polynomials over the scalar field, lowest coefficient first, without zeros at the end.

use curve25519_dalek::Scalar;

/// A polynomial; the empty one is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Polynomial(Vec<Scalar>);

impl Polynomial {
    pub(super) fn zero() -> Self {
        Self(Vec::new())
    }

    pub(super) fn one() -> Self {
        Self(vec![Scalar::ONE])
    }

    /// How many coefficients there are: the degree and one.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn coefficients(&self) -> &[Scalar] {
        &self.0
    }

    /// The product of `X - x` over all `x`.
    pub(super) fn with_roots(roots: impl Iterator<Item = Scalar>) -> Self {
        let mut product = vec![Scalar::ONE];
        for root in roots {
            product.push(Scalar::ZERO);
            for at in (0..product.len()).rev() {
                let below = if at == 0 {
                    Scalar::ZERO
                } else {
                    product[at - 1]
                };
                product[at] = below - product[at] * root;
            }
        }
        Self(product)
    }

    /// The polynomial of lowest degree through all shares, whose places are different; `roots` is
    /// [`Self::with_roots`] of them.
    pub(super) fn through(shares: &[(Scalar, Scalar)], roots: &Self) -> Self {
        let mut sum = vec![Scalar::ZERO; shares.len()];
        let mut weights: Vec<Scalar> = shares.iter().map(|(x, _)| roots.slope_at(x)).collect();
        Scalar::batch_invert(&mut weights);
        for ((x, y), weight) in shares.iter().zip(weights) {
            let factor = y * weight;
            // The quotient by `X - x`, highest coefficient first, as it falls out.
            let mut quotient = Scalar::ZERO;
            for at in (0..sum.len()).rev() {
                quotient = quotient * x + roots.0[at + 1];
                sum[at] += factor * quotient;
            }
        }
        Self::trimmed(sum)
    }

    /// The derivative's value: at a root, the product of its distances to the other roots.
    fn slope_at(&self, x: &Scalar) -> Scalar {
        let mut value = Scalar::ZERO;
        let mut slope = Scalar::ZERO;
        for coefficient in self.0.iter().rev() {
            slope = slope * x + value;
            value = value * x + coefficient;
        }
        slope
    }

    /// Quotient and rest; `None` where the divisor is zero.
    pub(super) fn divided_by(&self, divisor: &Self) -> Option<(Self, Self)> {
        let inverse = divisor.0.last()?.invert();
        let mut rest = self.0.clone();
        let steps = (rest.len() + 1).saturating_sub(divisor.len());
        let mut quotient = vec![Scalar::ZERO; steps];
        for at in (0..steps).rev() {
            let factor = rest[at + divisor.len() - 1] * inverse;
            for (place, coefficient) in rest[at..].iter_mut().zip(&divisor.0) {
                *place -= factor * coefficient;
            }
            quotient[at] = factor;
        }
        Some((Self::trimmed(quotient), Self::trimmed(rest)))
    }

    /// `self - factor * other`
    pub(super) fn minus_product(&self, factor: &Self, other: &Self) -> Self {
        let length = (factor.len() + other.len())
            .saturating_sub(1)
            .max(self.len());
        let mut sum = self.0.clone();
        sum.resize(length, Scalar::ZERO);
        for (at, one) in factor.0.iter().enumerate() {
            for (place, two) in sum[at..].iter_mut().zip(&other.0) {
                *place -= one * two;
            }
        }
        Self::trimmed(sum)
    }

    fn trimmed(mut coefficients: Vec<Scalar>) -> Self {
        while coefficients.last() == Some(&Scalar::ZERO) {
            coefficients.pop();
        }
        Self(coefficients)
    }
}
