package typeface

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var update = flag.Bool("update", false, "write testdata/names.txt anew")

// A people is the names of one script, put together from two lists. A _ is a
// space inside a name.
type people struct {
	script   string
	language string
	between  string
	reversed bool // the family name stands first
	given    string
	family   string
}

// Given and family names as they are met with, each list in its own spelling.
var peoples = []people{
	{"Latin", "en", " ", false,
		"Zoë François José Müge Łukasz Žofia Đorđe Ştefan Åsa Øyvind Björk Þórunn Siân Nguyễn Việt Ḥasan Māra Ģirts Ñusta João Ágnes Gyöngyvér İbrahim Ilgın Jürgen Friederike Šárka Řehoř Ľubica Ineta Ŵyn Ċensu Ħalima Ọlá Ụzọ Ẹbun Kálmán Ærø Œdipe Anaïs",
		"Baumgärtner Lefèvre Peña Yılmaz Wałęsa Dvořáková Đoković Țepeș Ångström Sørensen Guðmundsdóttir O’Brien Müller-Lüdenscheidt Trần Phạm Bērziņš Ķēniņš Ćwikła Gonçalves Erdős Çelik Kovačević Ħaż-Żebbuġ Nuñez Groß D’Angelo Saint-Exupéry Van Ľupták Ășescu Çağlayan Ólafsson Fjällgård Åkerlund McGregor Wójcik Skłodowska Straße Nagy Ơn"},
	{"Greek", "el", " ", false,
		"Ελένη Γεώργιος Αικατερίνη Δημήτριος Ιωάννης Μαρία Παναγιώτης Σπυρίδων Χρήστος Φωτεινή Ψυχή Ωραιοζήλη Ξενοφών Θεόδωρος Κωνσταντίνος Ευφροσύνη Ζωή Ηλίας Ραφαήλ Μαΐα Λουΐζα",
		"Παπαδοπούλου Οικονόμου Γεωργίου Χατζηδάκης Αγγελόπουλος Βασιλείου Ξανθόπουλος Ψαρράς Ωνάσης Καραγιάννης Μητσοτάκης Ρήγας Τσίπρας Φραγκοπούλου Λαμπράκης Ζαΐμης Δραγούμης Ευαγγέλου Ιωαννίδης Θεοτοκόπουλος Σταυρίδου"},
	{"Cyrillic", "ru", " ", false,
		"Иван Ольга Пётр Юлия Ђорђе Љубица Његош Ћирил Џејн Володимир Їжакевич Євгенія Ґалаґан Ўладзімір Гүлнар Әлия Қайрат Өмірбек Ұлан Ілля Ајше Ѓорги Ќирил Щасен Ъгърчин",
		"Щербакова Соловьёв Ђоковић Шевченко Їжак Кучма Лукашенка Быкаў Назарбаев Әбілов Қасымова Стојановић Ѓурчинов Ќосев Йорданов Грънчаров Эйзенштейн Ющенко Ґудзь Железњак"},
	{"Arabic", "ar", " ", false,
		"محمد أحمد فاطمة عبد_الرحمن عائشة يوسف مريم إبراهيم آمنة خديجة علاء لؤي رؤى هبة شيماء ضحى طارق ظافر غسان قيس پرویز ژاله گلناز چنگیز کیان ٹیپو ڈاکٹر ہمایوں زينب مُحَمَّد عليّ",
		"الأحمد الخطيب العلوي بن_سعيد القاسمي آل-نهيان الحسيني المصري الجزائري الفلاحي اللبناني العُمَري حسین_زاده رضایی گیلانی پورجوادی چوہدری قریشی الإدريسي الزهراوي"},
	{"Hebrew", "he", " ", false,
		"שרה משה רחל יצחק אברהם רבקה דוד מרים נועם יהונתן אביגיל ציפורה ג׳ורג׳ שָׂרָה דָּוִד רִבְקָה צ׳ארלס עמית פנחס ץ-ך",
		"כהן לוי מזרחי פרץ ביטון אברהמי פרידמן בן־גוריון רוזנצווייג הרצוג ויצמן שפירא גולדשטיין צ׳רניחובסקי אוחנה דהן קפלן נתניהו בר־לב שטרן"},
	{"Devanagari", "hi", " ", false,
		"नेहा अनिल प्रिया श्रीकृष्ण ज्योति सुब्रह्मण्यम् लक्ष्मी विश्वनाथ ऋषि ईश्वर क्षितिज ज्ञानेश्वर द्रौपदी सृष्टि हर्ष कार्त्तिकेय अंजलि ओंकार चाँदनी ऊर्मिला",
		"शर्मा सिंह त्रिपाठी उपाध्याय चट्टोपाध्याय मिश्र द्विवेदी वर्मा गङ्गाधर राष्ट्रपाल ठाकुर फड़णवीस बोर्डे कुलकर्णी पाण्डेय श्रेष्ठ थापा भट्टाचार्य मुखर्जी दुर्योधन हृदयेश"},
	{"Thai", "th", " ", false,
		"สมชาย สมหญิง กิ่งแก้ว ณัฐวุฒิ ปิยะพงษ์ อภิสิทธิ์ ยิ่งลักษณ์ ประยุทธ์ ฐิติมา วรรณวิสา ศิริพร น้ำฝน จุฬาลักษณ์ ธนาธร ญาณี ฤทัย เป็นหนึ่ง ไพศาล โสภา ชั้นฟ้า",
		"ใจดี สุขสวัสดิ์ วงศ์สุวรรณ ชินวัตร เวชชาชีวะ จันทร์โอชา ศรีสุข ทองคำ แก้วมณี รัตนโกสินทร์ บุญญฤทธิ์ พิทักษ์ธรรม ปรีชา เอี่ยมสำอางค์ ณ-อยุธยา ตั้งตรงจิตร สื่อสาร ผู้พัฒน์ ฐานะ กล้าณรงค์ ปู่เย็น"},
	{"Chinese simplified", "zh-Hans", "", true,
		"伟 秀英 建国 丽华 志强 晓明 婷婷 浩然 子轩 雨涵 国庆 镕基 喆 堃 淼 鑫 祎 昶 赟 晔 玥 翀 罡 燚 珺 梓涵",
		"王 李 张 刘 陈 杨 赵 黄 周 吴 欧阳 司马 诸葛 上官 龚 谭 钱 孙 冯 郑 邓 贺 阎 佘 仝 闫 缪 訾"},
	{"Chinese traditional", "zh-Hant", "", true,
		"偉文 淑芬 志豪 家豪 雅婷 俊傑 怡君 美玲 建國 麗華 國榮 學友 德華 燕飛 慧嫻 龍 鳳儀 寶珠 壽山 鑫磊 靄怡 懿德 蘊慈 彥廷 冠宇",
		"陳 林 黃 張 李 吳 劉 蔡 楊 許 鄭 謝 歐陽 諸葛 蕭 龔 譚 葉 蘇 盧 鄧 簡 顏 饒 釋 藍"},
	{"Japanese", "ja", " ", true,
		"健一 さくら 翔太 美咲 大輔 陽子 直樹 あゆみ 恵 ひなた 蓮 結衣 宗一郎 ユリ ケンジ 佑々子 綾ノ介 雪ヶ枝 龍之介 凜 遙 亮 かほり つばさ",
		"佐藤 鈴木 高橋 髙橋 田中 渡邊 渡邉 山﨑 斎藤 齋藤 齊藤 𠮷田 辻 小鳥遊 五十嵐 長谷川 勅使河原 櫻井 澤田 濱﨑 廣瀬 邊見 蝦名 鷗 都築"},
	{"Korean", "ko", "", true,
		"민준 서연 지훈 하은 영희 철수 뷔 쀼 꽃별 은혜 샛별 훈민 빛나 힘찬 도윤 예쁨 슬기 솔 봄 햇살 뜰 쇳물 휘영 귀향",
		"김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍 남궁 제갈 독고 선우 황보 뢰"},
	{"Armenian", "hy", " ", false,
		"Արմեն Անահիտ Գարեգին Եղիշե Զարուհի Լուսինե Խաչատուր Ծովինար Հովհաննես Ձյունիկ Ղուկաս Ճարտար Նարեկ Շուշանիկ Չարենց Պարույր Ջիվան Ռուբեն Վահագն Տիգրան",
		"Սարգսյան Հովհաննիսյան Պետրոսյան Խաչատրյան Ղազարյան Տեր-Պետրոսյան Ճանճապանյան Մկրտչյան Աթոյան Բաղդասարյան Գևորգյան Դավթյան Զորյան Ըղձյան Թումանյան Ժամկոչյան Իսահակյան Քոչարյան Օրբելյան Ֆիշյան Ցոլակյան"},
	{"Georgian", "ka", " ", false,
		"ქეთევან ნინო გიორგი თამარ ზვიად შოთა ილია ვაჟა ჯემალ ღვინო ყვარყვარე ჩარკვიანი ძიძია წყალობა ჭიაბერ ხათუნა ჰელენე ფატი რუსუდან სალომე",
		"გამსახურდია შევარდნაძე სააკაშვილი რუსთაველი ჭავჭავაძე წერეთელი ყაზბეგი ღლონტი ჯავახიშვილი ხვედელიძე ძნელაძე ჩიქოვანი ფანჯიკიძე ქიქოძე უზნაძე ტაბიძე ჟვანია მდივანი კვირიკაშვილი ბერიძე ზურაბიშვილი"},
}

// each is how many names are made for each script.
const each = 400

// make puts names together: each given name with family names in turn.
func (p people) make() []string {
	clean := func(list string) []string {
		var out []string
		for _, s := range strings.Fields(list) {
			out = append(out, norm.NFC.String(strings.ReplaceAll(s, "_", " ")))
		}
		return out
	}
	given, family := clean(p.given), clean(p.family)
	var names []string
	for i := 0; len(names) < each && i < len(given)*len(family); i++ {
		g, f := given[i%len(given)], family[(i%len(given)+i/len(given))%len(family)]
		if p.reversed {
			g, f = f, g
		}
		names = append(names, g+p.between+f)
	}
	return names
}

// Names that are out of the ordinary, with what is to become of them: "shown",
// or the character that they are refused for.
var odd = []struct{ script, language, verdict, name string }{
	{"mixed", "ar", "shown", "محمد الأحمد ISO 9001:2015"},
	{"mixed", "ar", "shown", "ISO 9001:2015 محمد الأحمد"},
	{"mixed", "ar", "shown", "محمد (Mohammed) الأحمد"},
	{"mixed", "ar", "shown", "Dr. محمد الأحمد, PhD"},
	{"mixed", "ar", "shown", "محمد الأحمد ١٢٣٤-٥٦"},
	{"mixed", "ar", "shown", "رقم 12/34 [أ] {ب} «ج»"},
	{"mixed", "he", "shown", "שרה כהן (Sarah Cohen) 1984"},
	{"mixed", "he", "shown", "C++ מפתח, 50%"},
	{"mixed", "ja", "shown", "山田 Taro（太郎）"},
	{"mixed", "ja", "shown", "ジョン・スミス"},
	{"mixed", "zh", "shown", "阿卜杜拉·买买提"},
	{"mixed", "zh", "shown", "王伟 (Wang Wei)"},
	{"mixed", "ko", "shown", "김민준 (金民俊)"},
	{"mixed", "th", "shown", "ดร.สมชาย ใจดี"},
	{"mixed", "hi", "shown", "डॉ. नेहा शर्मा, M.Sc."},
	{"mixed", "el", "shown", "Ελένη Smith"},
	{"mixed", "en", "shown", "Ana Иванова"},
	{"mixed", "ar", "shown", "محمد שרה नेहा สมชาย 王伟 김"},

	{"marks", "en", "shown", "M̂aria"},
	{"marks", "yo", "shown", "Ọ̀bá Ẹ̀kọ́"},
	{"marks", "en", "shown", "J̌ohn K̲halid"},
	{"marks", "lt", "shown", "R̃ūta"},
	{"marks", "ru", "shown", "Ива́н Петро́в"},
	{"marks", "ar", "shown", "مُحَمَّدٌ"},
	{"marks", "he", "shown", "בְּרֵאשִׁית"},
	{"marks", "hi", "shown", "ऋग्वॆद"},
	{"marks", "th", "shown", "ก๊วยเตี๋ยว"},

	{"rare", "ja", "shown", "𠮷野家 𠀋 𡈽"},
	{"rare", "ja", "shown", "葛城"},
	{"rare", "zh", "shown", "䶮 㛃 𬱖"},
	{"rare", "zh", "shown", "鿍 鿎 鿏"},
	{"rare", "ko", "shown", "똠방 펲 쌰 힣"},
	{"rare", "en", "shown", "Ꜳron Ȝork Ꝏ"},
	{"rare", "el", "shown", "Ϝρήτα Ϻάν ᾮδη"},
	{"rare", "ru", "shown", "Ѳеодоръ Ѵѣра Ꙗна"},

	{"joiners", "fa", "refused U+200C", "علی\u200cرضا"},
	{"joiners", "hi", "refused U+200D", "क्\u200dष"},
	{"joiners", "en", "refused U+200D", "An\u200da"},
	{"invisible", "en", "refused U+200B", "An\u200ba"},
	{"invisible", "en", "refused U+00AD", "An\u00ada"},
	{"invisible", "en", "refused U+202E", "An\u202ea"},
	{"invisible", "en", "refused U+2066", "An\u2066a"},
	{"invisible", "en", "refused U+061C", "An\u061ca"},
	{"invisible", "en", "refused U+FEFF", "\ufeffAna"},
	{"invisible", "en", "refused U+034F", "A\u034fna"},
	{"invisible", "en", "refused U+FE0F", "An\ufe0fa"},
	{"invisible", "ja", "refused U+E0100", "辻\U000e0100"},
	{"invisible", "ko", "refused U+3164", "김\u3164"},
	{"invisible", "ko", "refused U+115F", "\u115f김"},
	{"invisible", "mn", "refused U+180E", "A\u180ena"},
	{"invisible", "en", "refused U+E0061", "An\U000e0061"},
	{"control", "en", "refused U+0000", "An\x00a"},
	{"control", "en", "refused U+000A", "Ana\nB"},
	{"control", "en", "refused U+0085", "An\u0085a"},
	{"control", "en", "refused U+2028", "An\u2028a"},
	{"private", "en", "refused U+E000", "An\ue000a"},
	{"private", "en", "refused U+F0000", "An\U000f0000a"},
	{"private", "en", "refused U+FFFD", "An\ufffda"},
	{"private", "en", "refused U+FDD0", "An\ufdd0a"},
	{"private", "en", "refused U+FFFF", "An\uffffa"},

	{"marks", "en", "refused U+0302", "\u0302Ana"},
	{"marks", "en", "refused U+0302", "Ana \u0302b"},
	{"marks", "hi", "refused U+093F", "िनेहा"},
	{"marks", "hi", "refused U+093E", "अाम"},
	{"marks", "hi", "refused U+0301", "नेहा\u0301"},
	{"marks", "ar", "refused U+0302", "محمد\u0302"},
	{"marks", "th", "refused U+0E48", "\u0e48สม"},
	{"marks", "ja", "refused U+309A", "か\u309a"},
	{"marks", "zh", "refused U+0301", "王\u0301"},
	{"marks", "ko", "refused U+0301", "김\u0301"},
	{"marks", "en", "refused U+20DD", "A\u20ddna"},

	{"marks", "en", "refused U+0304", "x\u0304\u0304"},
	{"marks", "hi", "refused U+093E", "क\u093e\u093e"},
	{"marks", "ar", "refused U+064E", "م\u064e\u064e"},
	{"marks", "en", "refused U+0305", "b\u0301\u0302\u0303\u0304\u0305"},

	{"rare", "zh", "refused U+20000", "王\U00020000"},
	{"rare", "zh", "refused U+2A6A5", "\U0002a6a5"},
	{"rare", "zh", "refused U+30EDE", "\U00030ede\U00030ede面"},
	{"rare", "ko", "refused U+1112", "\u1112\u119e\u11ab글"},

	{"script", "ta", "refused U+0BA4", "தமிழ்செல்வன்"},
	{"script", "te", "refused U+0C24", "తెలుగు"},
	{"script", "bn", "refused U+09AC", "বাংলা"},
	{"script", "gu", "refused U+0A97", "ગુજરાતી"},
	{"script", "pa", "refused U+0A2A", "ਪੰਜਾਬੀ"},
	{"script", "ml", "refused U+0D2E", "മലയാളം"},
	{"script", "si", "refused U+0DC3", "සිංහල"},
	{"script", "my", "refused U+1019", "မြန်မာ"},
	{"script", "km", "refused U+1781", "ខ្មែរ"},
	{"script", "lo", "refused U+0EA5", "ລາວ"},
	{"script", "bo", "refused U+0F56", "བོད་ཡིག"},
	{"script", "am", "refused U+12A0", "አማርኛ"},
	{"script", "chr", "refused U+13E3", "ᏣᎳᎩ"},
	{"script", "mn", "refused U+182E", "ᠮᠣᠩᠭᠣᠯ"},
	{"script", "dv", "refused U+078B", "ދިވެހި"},
	{"script", "syr", "refused U+0723", "ܣܘܪܝܝܐ"},
	{"script", "nqo", "refused U+07D2", "ߒߞߏ"},
	{"script", "en", "refused U+1F600", "Ana 😀"},
	{"script", "en", "refused U+1D400", "\U0001d400na"},
	{"script", "en", "refused U+1F468", "\U0001f468"},
	{"script", "got", "refused U+10330", "𐌰𐌽𐌰"},
	{"script", "egy", "refused U+13000", "𓀀"},
	{"script", "en", "refused U+0378", "An\u0378a"},
}

// corpus writes every name on a line: script, language, verdict, and the name,
// quoted as in Go where it has characters that a file of lines cannot.
func corpus() string {
	var b strings.Builder
	b.WriteString("# Names and what is to become of them: script, language, verdict, name; those out of the ordinary are quoted as in Go. Written by names_test.go.\n")
	for _, p := range peoples {
		for _, name := range p.make() {
			fmt.Fprintf(&b, "%s\t%s\tshown\t%s\n", p.script, p.language, name)
		}
	}
	for _, n := range odd {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%+q\n", n.script, n.language, n.verdict, n.name)
	}
	return b.String()
}

func TestCorpusIsWhatItIsMadeFrom(t *testing.T) {
	want := corpus()
	if *update {
		if err := os.WriteFile("testdata/names.txt", []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("testdata/names.txt")
	if err != nil || string(got) != want {
		t.Fatalf("testdata/names.txt is not what the lists make (%v); run this test with -update", err)
	}
	if n := strings.Count(want, "\n"); n < 5000 {
		t.Errorf("%d names", n)
	}
}

// TestEveryNameIsShownOrRefused: the verdicts of the whole corpus.
func TestEveryNameIsShownOrRefused(t *testing.T) {
	names := map[string]bool{}
	scripts := map[string]int{}
	family := Serif()
	try := func(script, language, verdict, name string) {
		t.Helper()
		if !norm.NFC.IsNormalString(name) && verdict == "shown" {
			t.Errorf("%s: %q is not in normal form C: %q", script, name, norm.NFC.String(name))
		}
		if names[name] {
			t.Errorf("%s: %q is there twice", script, name)
		}
		names[name] = true
		line, err := family.Set(name, Options{Language: language, RTL: RightToLeft(name)})
		got := "shown"
		if ce, ok := err.(*CharError); ok {
			got = fmt.Sprintf("refused U+%04X", ce.Char)
			if len(ce.Reason) < 20 {
				t.Errorf("%q: refused without a reason: %v", name, err)
			}
		} else if err != nil {
			got = err.Error()
		}
		if got != verdict {
			t.Errorf("%s: %q is %s, want %s (%v)", script, name, got, verdict, err)
			return
		}
		if err == nil {
			scripts[script]++
			consistent(t, name, line)
		}
	}
	for _, p := range peoples {
		for _, name := range p.make() {
			try(p.script, p.language, "shown", name)
		}
	}
	for _, n := range odd {
		try(n.script, n.language, n.verdict, n.name)
	}
	for _, p := range peoples {
		if scripts[p.script] < each {
			t.Errorf("%s: %d names", p.script, scripts[p.script])
		}
	}
	t.Logf("%d names", len(names))
}

// consistent checks what holds of every line.
func consistent(t *testing.T, text string, l *Line) {
	t.Helper()
	consistentTracked(t, text, l, true)
}

// consistentTracked: letters that are moved onto one another may go back.
func consistentTracked(t *testing.T, text string, l *Line, forward bool) {
	t.Helper()
	if l.Text != text || len(l.Advances) != utf8.RuneCountInString(text) {
		t.Errorf("%q: %d advances for %q", text, len(l.Advances), l.Text)
	}
	sum := 0
	for _, a := range l.Advances {
		sum += a
	}
	if sum != l.Width {
		t.Errorf("%q: the advances are %d, the width %d", text, sum, l.Width)
	}
	runes, at := 0, 0
	for _, r := range l.Runs {
		if forward && r.X < at {
			t.Errorf("%q: run %q begins at %d, before %d", text, r.Text, r.X, at)
		}
		at = r.X
		n := utf8.RuneCountInString(r.Text)
		runes += n
		if r.Plain && (r.RTL || len(r.Glyphs) != n) {
			t.Errorf("%q: run %q is plain with %d glyphs", text, r.Text, len(r.Glyphs))
		}
		chars := []rune(r.Text)
		for i, g := range r.Glyphs {
			if g.ID == 0 || g.Cluster < 0 || g.Cluster >= n {
				t.Errorf("%q: glyph %+v of run %q", text, g, r.Text)
			}
			if r.Plain && (g.Char != chars[i] || g.Y != 0 || g.Cluster != i || uint32(r.Face.char(g.Char).glyph) != g.ID) {
				t.Errorf("%q: glyph %+v of plain run %q", text, g, r.Text)
			}
			if !r.Plain && g.Char != 0 {
				t.Errorf("%q: glyph %+v of run %q, which is not plain", text, g, r.Text)
			}
		}
	}
	if runes != len(l.Advances) {
		t.Errorf("%q: its runs have %d characters", text, runes)
	}
}
