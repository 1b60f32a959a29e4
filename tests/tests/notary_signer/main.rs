//! `privyseald` in the place of notary-signer: Debian's notary-server has its keys on a token.

mod expired;
mod on_token;
mod outage;
mod publishing;
mod race;
mod restored;
mod strangers;
