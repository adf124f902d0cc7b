const state = document.querySelector('#state');
const button = document.querySelector('#sealed');

// Waxseal announces itself once, and again for each request: the first one is enough.
addEventListener(
  'waxseal:announce',
  async ({ detail: { provider } }) => {
    button.hidden = false;
    button.addEventListener('click', () => provider.open());
    state.textContent = `Waxseal is here. It says of your service: ${await provider.verify()}.`;
  },
  { once: true },
);
dispatchEvent(new Event('waxseal:request'));
