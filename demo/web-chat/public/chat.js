// The page's own chat: what is typed here goes to parley's server in the clear, as in any web chat.
const chats = {
  sourdough: [
    ['own', 'My sourdough starter smells like nail varnish. Is it dead?'],
    [
      'answer',
      'Not dead, just hungry! That sharp smell means it has eaten all its food. Feed it twice a day for three days and it should recover.',
    ],
    ['own', 'Great. How much flour each time?'],
    [
      'answer',
      'Equal weights work well: 50 g starter, 50 g flour, 50 g water. Keep it at room temperature and look for it to double in about six hours.',
    ],
    ['own', 'And when is it ready to bake with?'],
    [
      'answer',
      'When it doubles reliably and a spoonful floats in water. For you that is probably Wednesday.',
    ],
  ],
  lisbon: [['answer', 'Three days in Lisbon: start high up in Graça, end low down by the river.']],
  letter: [['answer', 'Send me the job advertisement and two things you are proud of.']],
  garden: [['answer', 'Tell me which way the garden faces and how much time you have in April.']],
  figures: [['answer', 'Paste the table and say who will read it.']],
};

const thread = document.querySelector('#thread');
const message = document.querySelector('#message');

function add(kind, text) {
  const element = document.createElement('div');
  element.className = kind;
  const body = document.createElement('div');
  body.textContent = text;
  element.append(kind === 'own' ? text : body);
  thread.append(element);
  element.scrollIntoView({ block: 'end' });
}

function show(id) {
  thread.replaceChildren();
  for (const [kind, text] of chats[id] ?? []) add(kind, text);
  for (const link of document.querySelectorAll('nav a')) {
    if (link.pathname === `/c/${id}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

async function send() {
  const text = message.value.trim();
  if (!text) return;
  message.value = '';
  add('own', text);
  const response = await fetch('/api/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: text }),
  });
  add('answer', (await response.json()).reply);
}

document.querySelector('#composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
message.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    send();
  }
});
document.querySelector('#new').addEventListener('click', () => show(''));
document.querySelector('nav ul').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link) return;
  event.preventDefault();
  history.pushState({}, '', link.pathname);
  show(link.pathname.slice(3));
});
addEventListener('popstate', () => show(location.pathname.slice(3) || 'sourdough'));
show(location.pathname.slice(3) || 'sourdough');
