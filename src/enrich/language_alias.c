/* What the IANA language subtag registry of 2025-08-25 says of codes and tags that were given up, and of extended languages. The
 * code of tests/suite/language holds the tables against the registry as a package publishes it. */
#include "enrich/language_alias.h"

const struct language_alias LANGUAGE_ALIASES[] = {
        { "in", "id" }, { "iw", "he" }, { "ji", "yi" }, { "jw", "jv" }, { "mo", "ro" }, { "aam", "aas" }, { "adp", "dz" },
        { "ajp", "apc" }, { "ajt", "aeb" }, { "asd", "snz" }, { "aue", "ktz" }, { "ayx", "nun" }, { "bgm", "bcg" },
        { "bic", "bir" }, { "bjd", "drl" }, { "blg", "iba" }, { "ccq", "rki" }, { "cjr", "mom" }, { "cka", "cmr" },
        { "cmk", "xch" }, { "coy", "pij" }, { "cqu", "quh" }, { "dek", "sqm" }, { "dit", "dif" }, { "drh", "khk" },
        { "drr", "kzk" }, { "drw", "prs" }, { "gav", "dev" }, { "gfx", "vaj" }, { "ggn", "gvr" }, { "gli", "kzk" },
        { "gti", "nyc" }, { "guv", "duz" }, { "hrr", "jal" }, { "ibi", "opa" }, { "ilw", "gal" }, { "jeg", "oyb" },
        { "kgc", "tdf" }, { "kgh", "kml" }, { "kgm", "plu" }, { "koj", "kwv" }, { "krm", "bmf" }, { "ktr", "dtp" },
        { "kvs", "gdj" }, { "kwq", "yam" }, { "kxe", "tvd" }, { "kxl", "kru" }, { "kzj", "dtp" }, { "kzt", "dtp" },
        { "lak", "ksp" }, { "lii", "raq" }, { "llo", "ngt" }, { "lmm", "rmx" }, { "meg", "cir" }, { "mst", "mry" },
        { "mwj", "vaj" }, { "myd", "aog" }, { "myt", "mry" }, { "nad", "xny" }, { "ncp", "kdz" }, { "nns", "nbr" },
        { "nnx", "ngv" }, { "nom", "cbr" }, { "nte", "eko" }, { "nts", "pij" }, { "nxu", "bpp" }, { "oun", "vaj" },
        { "pat", "kxr" }, { "pcr", "adx" }, { "pmc", "huw" }, { "pmk", "crr" }, { "pmu", "phr" }, { "ppa", "bfy" },
        { "ppr", "lcq" }, { "prp", "gu" }, { "pry", "prt" }, { "puz", "pub" }, { "sca", "hle" }, { "skk", "oyb" },
        { "smd", "kmb" }, { "snb", "iba" }, { "szd", "umi" }, { "tdu", "dtp" }, { "thc", "tpo" }, { "thw", "ola" },
        { "thx", "oyb" }, { "tie", "ras" }, { "tkk", "twm" }, { "tlw", "weo" }, { "tmk", "tdg" }, { "tmp", "tyj" },
        { "tne", "kak" }, { "tnf", "prs" }, { "tpw", "tpn" }, { "tsf", "taj" }, { "uok", "ema" }, { "xba", "cax" },
        { "xia", "acn" }, { "xkh", "waw" }, { "xrq", "dmw" }, { "xss", "zko" }, { "ybd", "rki" }, { "yma", "lrr" },
        { "ymt", "mtm" }, { "yos", "zom" }, { "yuu", "yug" }, { "zir", "scv" }, { "zkb", "kjh" },
        { "", "" },
};

/* CLDR's and ISO's, too: UK is reserved for the United Kingdom, and people write it. */
const struct language_alias REGION_ALIASES[] = {
        { "bu", "mm" }, { "dd", "de" }, { "fx", "fr" }, { "tp", "tl" },
        { "uk", "gb" }, { "yd", "ye" }, { "zr", "cd" }, { "", "" },
};

/* In the registry but not in ISO 3166-1: withdrawn ones without a heir, exceptional ones; XK is everybody's word for Kosovo. */
const char REGIONS_MORE[][3] = { "ac", "an", "cp", "cq", "cs", "dg", "ea", "eu", "ez",
                                 "ic", "nt", "su", "ta", "un", "xk", "yu", "" };

/* UN M.49: the world, continents and their parts, economic groupings. */
const uint16_t REGION_AREAS[] = {
        1, 2, 3, 5, 9, 11, 13, 14, 15, 17, 18, 19, 21, 29, 30, 34, 35, 39, 53, 54, 57, 61, 142, 143,
        145, 150, 151, 154, 155, 202, 419,
        0,
};

static const struct { const char *language, *codes; } EXTENSIONS[] = {
        { "ar",
          "aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arb arq ars ary arz auz avl ayh ayl ayn ayp bbz "
          "pga shu ssh" },
        { "kok",
          "gom knn" },
        { "lv",
          "ltg lvs" },
        { "ms",
          "bjn btj bve bvu coa dup hji jak jax kvb kvr kxd lce lcf liw max meo mfa mfb min mqg msi mui orn ors pel pse "
          "tmw urk vkk vkt xmm zlm zmi zsm" },
        { "sgn",
          "ads aed aen afg ajs ase asf asp asq asw bfi bfk bog bqn bqy bvl bzs cds csc csd cse csf csg csl csn csq csr "
          "csx doq dse dsl dsz ecs ehs esl esn eso eth fcs fse fsl fss gds gse gsg gsm gss gus hab haf hds hks hos hps "
          "hsh hsl icl iks ils inl ins ise isg isr jcs jhs jks jls jos jsl jus kgi kvk lbs lgs lls lsb lsc lsg lsl lsn "
          "lso lsp lst lsv lsw lsy lws mdl mfs mre msd msr mzc mzg mzy nbs ncs nsi nsl nsp nsr nzs okl pgz pks prl prz "
          "psc psd psg psl pso psp psr pys rib rms rnb rsi rsl rsm rsn sdl sfb sfs sgg sgx slf sls sqk sqs sqx ssp ssr "
          "svk swl syy szs tse tsm tsq tss tsy tza ugn ugy ukl uks vgt vsi vsl vsv wbs xki xml xms yds ygs yhs ysl ysm "
          "zib zsl" },
        { "sw",
          "swc swh" },
        { "uz",
          "uzn uzs" },
        { "zh",
          "cdo cjy cmn cnp cpx csp czh czo gan hak hnm hsn luh lzh mnp nan sjc wuu yue" },
};

static const struct { const char *old, *new; } TAGS[] = {
        { "art-lojban", "jbo" }, { "en-gb-oed", "en-GB-oxendict" }, { "i-ami", "ami" }, { "i-bnn", "bnn" }, { "i-hak", "hak" },
        { "i-klingon", "tlh" }, { "i-lux", "lb" }, { "i-navajo", "nv" }, { "i-pwn", "pwn" }, { "i-tao", "tao" },
        { "i-tay", "tay" }, { "i-tsu", "tsu" }, { "no-bok", "nb" }, { "no-nyn", "nn" }, { "sgn-be-fr", "sfb" },
        { "sgn-be-nl", "vgt" }, { "sgn-ch-de", "sgg" }, { "zh-guoyu", "cmn" }, { "zh-hakka", "hak" }, { "zh-min-nan", "nan" },
        { "zh-xiang", "hsn" }, { "sgn-br", "bzs" }, { "sgn-co", "csn" }, { "sgn-de", "gsg" }, { "sgn-dk", "dsl" },
        { "sgn-es", "ssp" }, { "sgn-fr", "fsl" }, { "sgn-gb", "bfi" }, { "sgn-gr", "gss" }, { "sgn-ie", "isg" },
        { "sgn-it", "ise" }, { "sgn-jp", "jsl" }, { "sgn-mx", "mfs" }, { "sgn-ni", "ncs" }, { "sgn-nl", "dse" },
        { "sgn-no", "nsl" }, { "sgn-pt", "psr" }, { "sgn-se", "swl" }, { "sgn-us", "ase" }, { "sgn-za", "sfs" },
        { "zh-cmn", "cmn" }, { "zh-cmn-hans", "cmn-Hans" }, { "zh-cmn-hant", "cmn-Hant" }, { "zh-gan", "gan" },
        { "zh-wuu", "wuu" }, { "zh-yue", "yue" },
};

bool language_extends(struct slice language, struct slice code)
{
        for (size_t i = 0; i < COUNT_OF(EXTENSIONS); i++) {
                if (!slice_equal(language, slice_of(EXTENSIONS[i].language)))
                        continue;
                for (const char *at = EXTENSIONS[i].codes; code.size == 3; at += 4) {
                        if (memcmp(at, code.data, 3) == 0)
                                return true;
                        if (at[3] == '\0')
                                break;
                }
        }
        return false;
}

struct slice language_renamed(struct slice tag)
{
        for (size_t i = 0; tag.size && i < COUNT_OF(TAGS); i++)
                if (*TAGS[i].old == *tag.data && slice_equal(tag, slice_of(TAGS[i].old)))
                        return slice_of(TAGS[i].new);
        return (struct slice){ 0 };
}
