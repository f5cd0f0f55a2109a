package keys_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
)

func saved(t *testing.T, k *keys.Private) (folder, file string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "keys")
	if err := keys.Save(folder, k); err != nil {
		t.Fatal(err)
	}
	return folder, filepath.Join(folder, k.Thumbprint()+".json")
}

func TestALoadedKeySignsAsBefore(t *testing.T) {
	for _, alg := range algorithms {
		k := generated(t, alg, keys.ForCredential)
		before, err := ring(t, k).Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
		if err != nil {
			t.Fatal(err)
		}
		folder, _ := saved(t, k)
		r, err := keys.Load(folder, house)
		if err != nil {
			t.Fatal(err)
		}
		after, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
		if err != nil {
			t.Fatal(err)
		}
		if after != before {
			t.Errorf("%s: another token after Load", alg)
		}
		if got := r.Keys()[0]; got.ID != k.ID || got.Purpose != k.Purpose || !got.Created.Equal(k.Created) {
			t.Errorf("%s: loaded %+v", alg, got.Key)
		}
	}
}

func TestAKeyFileIsItsOwnersOnly(t *testing.T) {
	k := generated(t, keys.ES256, keys.ForCredential)
	folder, file := saved(t, k)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %04o", info.Mode().Perm())
	}
	if info, err = os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestSaveNeverReplacesAFile(t *testing.T) {
	k := generated(t, keys.ES256, keys.ForCredential)
	folder, file := saved(t, k)
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keys.Save(folder, k); err == nil {
		t.Error("saved over a file")
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "precious" {
		t.Errorf("the file now holds %q, %v", got, err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}

// What an interrupted Save leaves behind is not taken for a key, and does not
// keep the other keys from being loaded.
func TestLoadPassesOverWhatIsNoKeyFile(t *testing.T) {
	k := generated(t, keys.ES256, keys.ForCredential)
	folder, _ := saved(t, k)
	for _, name := range []string{"README", k.Thumbprint() + ".json.tmp", ".key-1.tmp"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := keys.Load(folder, house); err != nil || len(r.Keys()) != 1 {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	k := generated(t, keys.EdDSA, keys.ForCredential)
	another, err := keys.Generate(house, keys.ForCredential, keys.EdDSA, born)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(map[string]any)) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			t.Helper()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc := map[string]any{}
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			change(doc)
			if text, err = json.Marshal(doc); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	jwk := func(change func(map[string]any)) func(*testing.T, string) {
		return edit(func(doc map[string]any) { change(doc["jwk"].(map[string]any)) })
	}
	mode := func(m fs.FileMode) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			t.Helper()
			if err := os.Chmod(file, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := func(s string) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		spoil  func(*testing.T, string)
		issuer string
		want   string
	}{
		{"readable by the group", mode(0o640), house, "chmod 600"},
		{"readable by all", mode(0o604), house, "chmod 600"},
		{"writable by the group", mode(0o620), house, "chmod 600"},
		{"another issuer's", func(*testing.T, string) {}, "https://other.example.org", "belongs to"},
		{"the issuer with a slash", func(*testing.T, string) {}, house + "/", "belongs to"},
		{"wrong name", func(t *testing.T, file string) {
			if err := os.Rename(file, filepath.Join(filepath.Dir(file), another.Thumbprint()+".json")); err != nil {
				t.Fatal(err)
			}
		}, house, "thumbprint"},
		{"public part only", jwk(func(m map[string]any) { delete(m, "d") }), house, "no private key"},
		{"another private part", jwk(func(m map[string]any) { m["d"] = privateMember(t, another, "d") }), house, ""},
		{"another public part", jwk(func(m map[string]any) { m["x"] = privateMember(t, another, "x") }), house, ""},
		{"symmetric", edit(func(m map[string]any) { m["jwk"] = map[string]any{"kty": "oct", "k": "AQAB", "kid": k.ID} }), house, "no private key"},
		{"unknown purpose", edit(func(m map[string]any) { m["purpose"] = "everything" }), house, "purpose"},
		{"no purpose", edit(func(m map[string]any) { delete(m, "purpose") }), house, "purpose"},
		{"purpose in another case", edit(func(m map[string]any) { m["Purpose"] = m["purpose"]; delete(m, "purpose") }), house, "another case"},
		{"no JWK", edit(func(m map[string]any) { delete(m, "jwk") }), house, ""},
		{"empty", text(""), house, ""},
		{"not JSON", text("-----BEGIN PRIVATE KEY-----"), house, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder, file := saved(t, k)
			if _, err := keys.Load(folder, house); err != nil {
				t.Fatalf("before it was spoilt: %v", err)
			}
			c.spoil(t, file)
			r, err := keys.Load(folder, c.issuer)
			if err == nil {
				t.Fatalf("loaded %v", r.Keys()[0].ID)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

// An EC key file whose two halves are of two keys would sign what nobody can
// verify.
func TestLoadRefusesHalvesOfTwoECKeys(t *testing.T) {
	k := generated(t, keys.ES256, keys.ForCredential)
	another, err := keys.Generate(house, keys.ForCredential, keys.ES256, born)
	if err != nil {
		t.Fatal(err)
	}
	folder, file := saved(t, k)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := strings.Replace(string(text), privateMember(t, k, "d"), privateMember(t, another, "d"), 1)
	if spoilt == string(text) {
		t.Fatal("nothing was changed")
	}
	if err := os.WriteFile(file, []byte(spoilt), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Load(folder, house); err == nil {
		t.Error("loaded")
	}
}

func TestLoadOfAnEmptyFolderSaysSo(t *testing.T) {
	if _, err := keys.Load(t.TempDir(), house); err == nil || !strings.Contains(err.Error(), "holds none") {
		t.Errorf("got %v", err)
	}
	if _, err := keys.Load(filepath.Join(t.TempDir(), "absent"), house); err == nil {
		t.Error("loaded from nowhere")
	}
}

func TestALoadedRingKeepsTheYoungestActive(t *testing.T) {
	folder, _ := saved(t, generated(t, keys.ES256, keys.ForCredential))
	young, err := keys.Generate(house, keys.ForCredential, keys.EdDSA, born.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Save(folder, young); err != nil {
		t.Fatal(err)
	}
	r, err := keys.Load(folder, house)
	if err != nil {
		t.Fatal(err)
	}
	if k, err := r.Active(keys.ForCredential); err != nil || k.ID != young.ID || len(r.Keys()) != 2 {
		t.Errorf("active %v, %v", k, err)
	}
}

func TestAPublishedSetHoldsNoPrivatePart(t *testing.T) {
	var all []*keys.Private
	for _, alg := range algorithms {
		all = append(all, generated(t, alg, keys.ForCredential))
	}
	folder := t.TempDir()
	for _, k := range all {
		if err := keys.Save(folder, k); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := keys.Load(folder, house)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*keys.Ring{ring(t, all...), loaded} {
		text, err := json.Marshal(r.Set())
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(text, &doc); err != nil || len(doc.Keys) != len(all) {
			t.Fatalf("%d keys, %v", len(doc.Keys), err)
		}
		for _, k := range doc.Keys {
			noPrivatePart(t, k)
		}
		again, err := json.Marshal(r.Set())
		if err != nil || string(again) != string(text) {
			t.Error("the same set was published in two ways")
		}
	}
}

// noPrivatePart checks that a JWK has no members but those of a public key.
func noPrivatePart(t *testing.T, jwk []byte) {
	t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal(jwk, &members); err != nil {
		t.Fatal(err)
	}
	for name := range members {
		switch name {
		case "kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "purpose":
		default:
			t.Errorf("member %q is published", name)
		}
	}
}

// privateMember reads a member of the private JWK of a key, from its file.
func privateMember(t *testing.T, k *keys.Private, name string) string {
	t.Helper()
	folder := t.TempDir()
	if err := keys.Save(folder, k); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, k.Thumbprint()+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		JWK map[string]string `json:"jwk"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.JWK[name]
}

// A body gets its keys their name by Rename: what was saved is loaded there.
func TestRenamedKeysAreTheSame(t *testing.T) {
	folder := t.TempDir()
	k := generated(t, keys.ES256, keys.ForCredential)
	fresh, named := filepath.Join(folder, "keys.new"), filepath.Join(folder, "keys")
	if err := keys.Save(fresh, k); err != nil {
		t.Fatal(err)
	}
	if err := keys.Rename(fresh, named); err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Load(named, house)
	if err != nil || ring.Keys()[0].ID != k.ID {
		t.Errorf("loaded %v, %v", ring, err)
	}
	if err := keys.Rename(fresh, named); err == nil {
		t.Error("keys that are not there were renamed")
	}
}
