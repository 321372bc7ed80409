/** @typedef {'en' | 'fr'} Language */

/** @type {Record<string, {en: string, fr: string}>} */
const words = {
  digest: { en: 'Digest of the content', fr: 'Empreinte du contenu' },
  digestHint: { en: '64 digits and letters, as they were shown where you read it.', fr: '64 chiffres et lettres, tels qu’ils étaient affichés là où vous l’avez lu.' },
  approveTitle: { en: 'Approve', fr: 'Approuver' },
  approveWarning: { en: 'Your passkey agrees to exactly this, and to nothing else. Read it first.',
    fr: 'Votre clé d’accès approuve exactement cela, et rien d’autre. Lisez d’abord.' },
  approve: { en: 'Approve with my passkey', fr: 'Approuver avec ma clé d’accès' },
  approved: { en: 'It counts for five minutes: give the command that approves now.', fr: 'C’est valable cinq minutes : lancez maintenant la commande qui approuve.' },
  offline: { en: 'The server cannot be reached. Try again.', fr: 'Le serveur est injoignable. Réessayez.' },
  failed: { en: 'That did not work. Try again.', fr: 'Cela n’a pas fonctionné. Réessayez.' },
  other: { en: 'Français', fr: 'English' },
  signOut: { en: 'Sign out', fr: 'Se déconnecter' },
  signIn: { en: 'Sign in', fr: 'Se connecter' },
  withPasskey: { en: 'Sign in with a passkey', fr: 'Se connecter avec une clé d’accès' },
  withProvider: { en: 'Sign in with', fr: 'Se connecter avec' },
  linkProvider: { en: 'Link', fr: 'Lier' },
  proveAt: { en: 'Prove it at', fr: 'Le prouver auprès de' },
  vouched: { en: 'Your organisation knows you. Type a code as well.', fr: 'Votre organisation vous connaît. Saisissez encore un code.' },
  vouchedWhole: { en: 'Your organisation knows you.', fr: 'Votre organisation vous connaît.' },
  unlinked: { en: 'Your organisation knows you, but no account here is linked to you. Use your invitation, or sign in here and link it in your account.',
    fr: 'Votre organisation vous connaît, mais aucun compte d’ici n’est lié à vous. Utilisez votre invitation, ou connectez-vous ici et liez-la dans votre compte.' },
  useProvider: { en: 'Use your organisation’s sign-in', fr: 'Utiliser la connexion de votre organisation' },
  useProviderWhy: { en: 'In the place of a password. It opens no account that is not linked, and is no passkey.',
    fr: 'À la place d’un mot de passe. Elle n’ouvre aucun compte qui n’est pas lié, et ne remplace pas une clé d’accès.' },
  or: { en: 'or', fr: 'ou' },
  name: { en: 'Sign-in name', fr: 'Identifiant' },
  nameHint: { en: '3 to 64 letters, digits and . _ @ + -', fr: '3 à 64 lettres, chiffres et . _ @ + -' },
  password: { en: 'Password', fr: 'Mot de passe' },
  newPassword: { en: 'New password', fr: 'Nouveau mot de passe' },
  passwordHint: { en: 'At least 12 characters; three or four words that do not belong together are good.',
    fr: 'Au moins 12 caractères ; trois ou quatre mots sans rapport entre eux conviennent bien.' },
  code: { en: 'Code', fr: 'Code' },
  codeHint: { en: 'Of your authenticator application, or a recovery code.', fr: 'De votre application d’authentification, ou un code de secours.' },
  invited: { en: 'I have an invitation', fr: 'J’ai une invitation' },
  invitation: { en: 'Your invitation', fr: 'Votre invitation' },
  invitationCode: { en: 'Code of the invitation', fr: 'Code de l’invitation' },
  next: { en: 'Continue', fr: 'Continuer' },
  welcome: { en: 'Welcome', fr: 'Bienvenue' },
  from: { en: 'Invitation by', fr: 'Invitation de' },
  recovers: { en: 'Choose new factors for your account.', fr: 'Choisissez de nouveaux facteurs pour votre compte.' },
  programme: { en: 'Programme', fr: 'Programme' },
  programmeHint: { en: 'A short name, such as mopti-2026. You will administer it.', fr: 'Un nom court, comme mopti-2026. Vous l’administrerez.' },
  factor: { en: 'How you will sign in', fr: 'Comment vous vous connecterez' },
  passkeyWhy: { en: 'A passkey is kept by this device or by a security key, and opened by your finger, your face or a PIN. No page can steal it. Who approves, pays, monitors or administers needs one.',
    fr: 'Une clé d’accès est gardée par cet appareil ou par une clé de sécurité, et s’ouvre avec votre doigt, votre visage ou un code. Aucune page ne peut la voler. Elle est indispensable pour approuver, payer, suivre ou administrer.' },
  makePasskey: { en: 'Make a passkey', fr: 'Créer une clé d’accès' },
  passwordWhy: { en: 'Or a password, and an authenticator application on your telephone.', fr: 'Ou un mot de passe et une application d’authentification sur votre téléphone.' },
  scan: { en: 'Scan this with the authenticator application, then type the code that it shows.',
    fr: 'Scannez ceci avec l’application d’authentification, puis saisissez le code qu’elle affiche.' },
  secret: { en: 'Or type this into it:', fr: 'Ou saisissez-y ceci :' },
  usePassword: { en: 'Use a password and codes', fr: 'Utiliser un mot de passe et des codes' },
  noPasskeys: { en: 'This browser has no passkeys.', fr: 'Ce navigateur ne gère pas les clés d’accès.' },
  passkeyStopped: { en: 'The passkey was not used. Try again.', fr: 'La clé d’accès n’a pas été utilisée. Réessayez.' },
  passkeyThere: { en: 'This device has a passkey for the account already.', fr: 'Cet appareil a déjà une clé d’accès pour ce compte.' },
  codesTitle: { en: 'Recovery codes', fr: 'Codes de secours' },
  codesWhy: { en: 'Write them down on paper and lock it away. Each replaces the code of your application once. They are shown only now.',
    fr: 'Notez-les sur papier et mettez-les sous clé. Chacun remplace une fois le code de votre application. Ils ne sont affichés que maintenant.' },
  written: { en: 'I have written them down', fr: 'Je les ai notés' },
  account: { en: 'My account', fr: 'Mon compte' },
  roles: { en: 'Roles', fr: 'Rôles' },
  noRoles: { en: 'No role yet. Administrators grant them, two at a time.', fr: 'Aucun rôle pour l’instant. Les administrateurs les attribuent, à deux.' },
  needsPasskey: { en: 'Your roles count only once you sign in with a passkey. Add one below, then sign in with it.',
    fr: 'Vos rôles ne comptent qu’une fois connecté avec une clé d’accès. Ajoutez-en une ci-dessous, puis connectez-vous avec elle.' },
  usePasskey: { en: 'Use my passkey now', fr: 'Utiliser ma clé d’accès maintenant' },
  factors: { en: 'Factors', fr: 'Facteurs' },
  sessions: { en: 'Where you are signed in', fr: 'Où vous êtes connecté' },
  thisOne: { en: 'this one', fr: 'celle-ci' },
  browser: { en: 'Browser', fr: 'Navigateur' },
  program: { en: 'Command line', fr: 'Ligne de commande' },
  lastUsed: { en: 'last used', fr: 'dernière utilisation' },
  neverUsed: { en: 'never used', fr: 'jamais utilisé' },
  end: { en: 'End', fr: 'Terminer' },
  endOthers: { en: 'End all others', fr: 'Terminer toutes les autres' },
  remove: { en: 'Remove', fr: 'Retirer' },
  addPasskey: { en: 'Add a passkey', fr: 'Ajouter une clé d’accès' },
  addTOTP: { en: 'Add an authenticator application', fr: 'Ajouter une application d’authentification' },
  setPassword: { en: 'Set a password', fr: 'Définir un mot de passe' },
  newCodes: { en: 'New recovery codes', fr: 'Nouveaux codes de secours' },
  passkey: { en: 'Passkey', fr: 'Clé d’accès' },
  totp: { en: 'Authenticator application', fr: 'Application d’authentification' },
  recovery: { en: 'Recovery codes', fr: 'Codes de secours' },
  identity: { en: 'Sign-in by your organisation', fr: 'Connexion par votre organisation' },
  left: { en: 'left', fr: 'restants' },
  save: { en: 'Save', fr: 'Enregistrer' },
  cancel: { en: 'Cancel', fr: 'Annuler' },
  notices: { en: 'Since your last sign-in', fr: 'Depuis votre dernière connexion' },
  recoveryAsked: { en: 'Administrators were asked for new factors in your name. If it was not you who asked, refuse.',
    fr: 'De nouveaux facteurs ont été demandés en votre nom aux administrateurs. Si ce n’était pas vous, refusez.' },
  refuse: { en: 'Refuse', fr: 'Refuser' },
  proveTitle: { en: 'Is it you?', fr: 'Est-ce bien vous ?' },
  proveWhy: { en: 'For this, prove again who you are.', fr: 'Pour cela, prouvez de nouveau qui vous êtes.' },
  prove: { en: 'Go on', fr: 'Continuer' },
  deviceTitle: { en: 'A program wants to sign in', fr: 'Un programme veut se connecter' },
  deviceCode: { en: 'Code that the program shows', fr: 'Code affiché par le programme' },
  deviceWarning: { en: 'Type only a code that you see yourself on a machine of yours. Whoever sends you one wants to be you.',
    fr: 'Ne saisissez qu’un code que vous voyez vous-même sur une de vos machines. Celui qui vous en envoie un veut prendre votre place.' },
  allow: { en: 'Let it sign in', fr: 'L’autoriser' },
  allowed: { en: 'Done. You can go back to the program.', fr: 'C’est fait. Vous pouvez retourner au programme.' },
  programWhy: { en: 'jate on this machine wants to act in your name.', fr: 'jate, sur cette machine, veut agir en votre nom.' },
  'factor_added:passkey': { en: 'A passkey was added.', fr: 'Une clé d’accès a été ajoutée.' },
  'factor_added:totp': { en: 'An authenticator application was added.', fr: 'Une application d’authentification a été ajoutée.' },
  'factor_added:password': { en: 'The password was changed.', fr: 'Le mot de passe a été changé.' },
  'factor_added:recovery': { en: 'New recovery codes were made.', fr: 'De nouveaux codes de secours ont été créés.' },
  'factor_added:identity': { en: 'The sign-in by your organisation was linked.', fr: 'La connexion par votre organisation a été liée.' },
  'factor_removed:passkey': { en: 'A passkey was removed.', fr: 'Une clé d’accès a été retirée.' },
  'factor_removed:totp': { en: 'An authenticator application was removed.', fr: 'Une application d’authentification a été retirée.' },
  'factor_removed:password': { en: 'The password was removed.', fr: 'Le mot de passe a été retiré.' },
  'factor_removed:recovery': { en: 'The recovery codes were removed.', fr: 'Les codes de secours ont été retirés.' },
  'factor_removed:identity': { en: 'The sign-in by your organisation was unlinked.', fr: 'La connexion par votre organisation a été déliée.' },
  recovery_code_used: { en: 'A recovery code was used.', fr: 'Un code de secours a été utilisé.' },
  refresh_token_reused: { en: 'An old key of the command line was presented; that session was ended.', fr: 'Une ancienne clé de la ligne de commande a été présentée ; cette session a été terminée.' },
  state_active: { en: 'The account was enabled again.', fr: 'Le compte a été réactivé.' },
  state_disabled: { en: 'The account was disabled.', fr: 'Le compte a été désactivé.' },
  work_handed_over: { en: 'A colleague has left, and an administrator handed work over to you.', fr: 'Un collègue est parti, et un administrateur vous a confié son travail.' },
  staff_recovery_asked: { en: 'New factors were asked for, for you or a colleague.', fr: 'De nouveaux facteurs ont été demandés, pour vous ou un collègue.' },
  staff_recovery_approved: { en: 'A second administrator agreed to new factors, for you or a colleague.', fr: 'Un second administrateur a accepté de nouveaux facteurs, pour vous ou un collègue.' },
  staff_rescue_asked: { en: 'New factors for an administrator were asked for at the server’s console, with the root key. If you do not know why, ask at once: in a day they count.',
    fr: 'De nouveaux facteurs ont été demandés pour un administrateur à la console du serveur, avec la clé racine. Si vous ne savez pas pourquoi, renseignez-vous tout de suite : dans un jour ils compteront.' },
  staff_rescue_code: { en: 'A code for new factors of an administrator was given out at the server’s console.', fr: 'Un code pour de nouveaux facteurs d’un administrateur a été remis à la console du serveur.' },
  staff_recovery_code: { en: 'A code for new factors was given out, for you or a colleague.', fr: 'Un code pour de nouveaux facteurs a été remis, pour vous ou un collègue.' },
  staff_recovery_refused: { en: 'New factors were refused by the person concerned.', fr: 'De nouveaux facteurs ont été refusés par la personne concernée.' },
};

/** @type {Language} */
let now = (() => {
  const kept = localStorage.getItem('language');
  if (kept === 'en' || kept === 'fr') return kept;
  return navigator.language.startsWith('fr') ? 'fr' : 'en';
})();

/** @returns {Language} */
export const language = () => now;

/** @param {Language} l */
export function speak(l) {
  now = l;
  localStorage.setItem('language', l); // a preference; nothing of a person is kept here
  document.documentElement.lang = l;
}

/**
 * A sentence in the user's language.
 * @param {string} key
 */
export const say = (key) => words[key]?.[now] ?? key;

/** Adds sentences of another screen. @param {typeof words} more */
export const teach = (more) => Object.assign(words, more);

/** @param {string} instant */
export const when = (instant) => new Date(instant).toLocaleString(now, { dateStyle: 'medium', timeStyle: 'short' });
