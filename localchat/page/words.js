// The page's own words, and the languages a person can switch to.

const WORDS = {
  en: {
    whatCanItDo: "What can this bot do?",
    start: "Start",
    menu: "Menu",
    message: "Message",
    mention: "Message, such as @local_bot",
    caption: "Add a caption…",
    messages: "Messages",
    commands: "Commands",
    attach: "Attach",
    send: "Send",
    photos: "Photos",
    files: "Files",
    asFile: "Send as file, without compression",
    dropPhotos: "Drop to send as photos",
    dropPhotosHow: "in a quick way",
    dropFiles: "Drop to send as files",
    dropFilesHow: "without compression",
    remove: "Remove",
    picture: "Picture",
    enlarge: "Enlarge the picture",
    close: "Close",
    down: "To the newest message",
    language: "Language",
    ok: "OK",
    bot: "bot",
    connecting: "connecting…",
    typing: "typing",
    upload_photo: "sending a photo",
    upload_document: "sending a file",
    edited: "edited",
    today: "Today",
    yesterday: "Yesterday",
    you: "You",
    photo: "Photo",
    album: "Album",
    file: "File",
    sticker: "Sticker",
    video: "Video",
    animation: "GIF",
    video_note: "Video message",
    voice: "Voice message",
    audio: "Audio",
    location: "Location",
    contact: "Contact",
    poll: "Poll",
    dice: "Dice",
    gone: "This picture is not kept any more",
    notSent: "Not sent",
    sendAgain: "Send again",
    sending: "Sending",
    starting: "starting…",
    reply: "Reply",
    chat: "Chat",
    privateChat: "Private chat",
    group: "Group",
    guest: "Chat without the bot",
    live_photo: "Live photo",
    tooLarge: "Not sent: more than 64 MB at once",
  },
  fr: {
    whatCanItDo: "Que peut faire ce bot ?",
    start: "Démarrer",
    menu: "Menu",
    message: "Message",
    mention: "Message, par exemple @local_bot",
    caption: "Ajouter une légende…",
    messages: "Messages",
    commands: "Commandes",
    attach: "Joindre",
    send: "Envoyer",
    photos: "Photos",
    files: "Fichiers",
    asFile: "Envoyer comme fichier, sans compression",
    dropPhotos: "Déposer pour envoyer en photos",
    dropPhotosHow: "rapidement",
    dropFiles: "Déposer pour envoyer en fichiers",
    dropFilesHow: "sans compression",
    remove: "Retirer",
    picture: "Image",
    enlarge: "Agrandir l’image",
    close: "Fermer",
    down: "Au dernier message",
    language: "Langue",
    ok: "OK",
    bot: "bot",
    connecting: "connexion…",
    typing: "écrit",
    upload_photo: "envoie une photo",
    upload_document: "envoie un fichier",
    edited: "modifié",
    today: "Aujourd’hui",
    yesterday: "Hier",
    you: "Toi",
    photo: "Photo",
    album: "Album",
    file: "Fichier",
    sticker: "Sticker",
    video: "Vidéo",
    animation: "GIF",
    video_note: "Message vidéo",
    voice: "Message vocal",
    audio: "Audio",
    location: "Position",
    contact: "Contact",
    poll: "Sondage",
    dice: "Dé",
    gone: "Cette image n’est plus conservée",
    notSent: "Non envoyé",
    sendAgain: "Renvoyer",
    sending: "Envoi en cours",
    starting: "démarrage…",
    reply: "Répondre",
    chat: "Discussion",
    privateChat: "Discussion privée",
    group: "Groupe",
    guest: "Discussion sans le bot",
    live_photo: "Photo animée",
    tooLarge: "Non envoyé : plus de 64 Mo à la fois",
  },
};

// What a person can have their Telegram in, and so what the bot speaks; the page itself has words in two of them.
export const LANGUAGES = "ar bn de en es fa fr hi id it ja ko nl pl pt ru tr uk vi zh".split(" ");
const STORED = "language";
let current = initial();

function initial() {
  const wanted = localStorage.getItem(STORED) || navigator.language.slice(0, 2);
  return LANGUAGES.includes(wanted) ? wanted : "en";
}

export const language = () => current;
export const own = () => (current in WORDS ? current : "en"); // the language of the page's words
export const word = (key) => WORDS[own()][key] ?? key;
export const nameOf = (code) => new Intl.DisplayNames([code], { type: "language" }).of(code);

export function setLanguage(code) {
  current = code;
  localStorage.setItem(STORED, code);
}

// Puts the words into everything below `root` that asks for one by a data attribute.
export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of root.querySelectorAll("[data-placeholder]")) element.placeholder = word(element.dataset.placeholder);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = word(element.dataset.label);
  }
}
